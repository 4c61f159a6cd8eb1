import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createLog } from '../src/log.js';
import { openSearchIndex } from '../src/search/open-search-index.js';
import { openVault } from '../src/vault/open-vault.js';
import { createWordSource } from './generated-vault.js';

export interface SearchFigures {
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
}

const queries = 500;

/** Opens the index over FOLDER/vault with its cache in FOLDER, and sends the parent what it measured. */
async function measure(folder: string): Promise<SearchFigures> {
  const log = createLog({ format: 'text', level: 'warn', destination: process.stderr });
  const begin = performance.now();
  const vault = await openVault({ path: join(folder, 'vault'), log });
  const index = await openSearchIndex({ vault, watch: true, cachePath: join(folder, 'index'), log });
  while (!index.status().ready) await pause(5);
  const startMs = performance.now() - begin;
  const { user, system } = process.cpuUsage();
  const source = createWordSource(2);
  const latencies: number[] = [];
  for (let query = 0; query < queries; query++) {
    const text = Array.from({ length: 1 + source.number(4) }, source.word).join(' ');
    const asked = performance.now();
    await index.search({ text, limit: 10 });
    latencies.push(performance.now() - asked);
  }
  latencies.sort((a, b) => a - b);
  const rssMb = process.memoryUsage.rss() / 2 ** 20;
  const written = performance.now();
  const path = join(folder, 'vault', 'folder-1', 'changed.md');
  await writeFile(path, '# Changed\n\nThe axolotl swims in circles.\n');
  while ((await index.search({ text: 'axolotls', limit: 1 })).hits.length === 0) await pause(5);
  const updateMs = performance.now() - written;
  const { chunks } = index.status();
  await rm(path);
  await index.close();
  return {
    startMs,
    startCpuMs: (user + system) / 1000,
    chunks,
    p50Ms: latencies[Math.floor(queries * 0.5)] ?? 0,
    p99Ms: latencies[Math.floor(queries * 0.99)] ?? 0,
    updateMs,
    rssMb,
    peakMb: process.resourceUsage().maxRSS / 1024,
  };
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

const figures = await measure(process.argv[2] ?? '');
process.send?.(figures, () => process.disconnect());
