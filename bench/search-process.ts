import { rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createLog } from '../src/log.js';
import { openNotes } from '../src/notes/open-notes.js';
import { createWordSource } from './generated-vault.js';

export interface SearchFigures {
  /** From the start to the first answer of a list, and of a search. */
  readonly listMs: number;
  readonly searchMs: number;
  /** Until the folder was compared, and read where it differs. */
  readonly startMs: number;
  /** What all threads of the process spent on it: a machine that is busy otherwise takes longer, not more. */
  readonly startCpuMs: number;
  readonly chunks: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** From the write of a note to the search that finds it. */
  readonly updateMs: number;
  readonly rssMb: number;
  readonly peakMb: number;
  /** The catalogue's file. */
  readonly diskMb: number;
}

const queries = 500;

/** Opens the notes of FOLDER/vault with their catalogue in FOLDER, and sends the parent what it measured. */
async function measure(folder: string, root: string): Promise<SearchFigures> {
  const log = createLog({ format: 'text', level: 'warn', destination: process.stderr });
  const begin = performance.now();
  const cataloguePath = join(folder, 'catalogue');
  const notes = openNotes({ path: root, cataloguePath, log });
  await notes.list({});
  const listMs = performance.now() - begin;
  const source = createWordSource(2);
  const query = () => Array.from({ length: 1 + source.number(4) }, source.word).join(' ');
  await notes.search({ text: query(), limit: 10 });
  const searchMs = performance.now() - begin;
  while (!notes.status().ready) await pause(5);
  const startMs = performance.now() - begin;
  const { user, system } = process.cpuUsage();
  const latencies: number[] = [];
  for (let asked = 0; asked < queries; asked++) {
    const text = query();
    const at = performance.now();
    await notes.search({ text, limit: 10 });
    latencies.push(performance.now() - at);
  }
  latencies.sort((a, b) => a - b);
  const rssMb = process.memoryUsage.rss() / 2 ** 20;
  const written = performance.now();
  const path = join(root, 'changed.md');
  await writeFile(path, '# Changed\n\nThe axolotl swims in circles.\n');
  while ((await notes.search({ text: 'axolotls', limit: 1 })).hits[0]?.path !== 'changed.md') await pause(5);
  const updateMs = performance.now() - written;
  const { chunks } = notes.status();
  await rm(path);
  await notes.close();
  return {
    listMs,
    searchMs,
    startMs,
    startCpuMs: (user + system) / 1000,
    chunks,
    p50Ms: latencies[Math.floor(queries * 0.5)] ?? 0,
    p99Ms: latencies[Math.floor(queries * 0.99)] ?? 0,
    updateMs,
    rssMb,
    peakMb: process.resourceUsage().maxRSS / 1024,
    diskMb: (await stat(cataloguePath)).size / 2 ** 20,
  };
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

const [, , folder = '', root = ''] = process.argv;
const figures = await measure(folder, root);
process.send?.(figures, () => process.disconnect());
