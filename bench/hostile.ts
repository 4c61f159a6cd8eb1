import { type ChildProcess, fork } from 'node:child_process';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { logIn } from '../test/e2e/log-in.js';
import { freePort, scratchFolder, startServer } from '../test/e2e/server-process.js';
import { isFull } from '../test/full.js';
import { constructs } from '../test/notes/markdown/constructs.js';
import type { Answers } from './hostile-probe.js';

const bytes = Number(process.env['HOSTILE_MB'] ?? 10) * 1_000_000;
const only = process.env['HOSTILE_ONLY'];
/** Of the texts that are repeated, those whose kinds differ most; all of them with FULL=1. */
const chosen = ['- ', '>', '[', '[a](b)', '![', '[[a|', '\\', '<a b="', '$a ', '\n', '```\n', '#a/', '_a_', '**a '];
const goodNotes = 200;
const paths = ['/healthz', '/token', '/authorize'];

const others: readonly (readonly [name: string, make: (length: number) => string])[] = [
  ['keys of a frontmatter of 64 KB', (length) => frontmatter(64_000, length)],
  ['keys of a frontmatter of 10 MB', (length) => frontmatter(length, 0)],
  ['half a line over and over', (length) => `${'the same half of a line '.repeat(length / 24)}`],
  ['words that nobody has', (length) => Array.from({ length: length / 8 }, (_, at) => at.toString(36)).join(' ')],
];

type Ask = (name: string, args: Readonly<Record<string, unknown>>) => Promise<Record<string, unknown>>;

/**
 * Prints how long /healthz, /token and /authorize take, one after the other from a process of its own, while the vault of
 * `vault-mcp serve` gets a hostile note of HOSTILE_MB (10) and every tool is asked about it; and the slowest of these
 * calls. `HOSTILE_ONLY=text` picks the notes whose name has that text, `FULL=1` takes all that the parser's test has.
 */
export async function bench(): Promise<void> {
  const folder = await scratchFolder();
  const vault = join(folder.path, 'vault');
  await mkdir(vault);
  for (let note = 0; note < goodNotes; note++) {
    await writeFile(join(vault, `good-${note}.md`), `# Good ${note}\n\nThe walrus counts ship ${note}.\n`);
  }
  const args = ['--vault-path', vault, '--state-path', join(folder.path, 'state.json'), '--no-rate-limit'];
  const server = await startServer({ port: await freePort(), args });
  const probe = fork(`${import.meta.dirname}/hostile-probe.js`, [server.url]);
  try {
    const { accessToken } = await logIn(server.url);
    const ask = asker(server.url, accessToken);
    await served(ask, goodNotes);
    process.stdout.write(
      `${'p50 / p99 / max in ms'.padEnd(44)}${paths.map((path) => path.padEnd(24)).join('')}slowest call\n`,
    );
    await pause(3000);
    const all: Answers[] = [];
    await endPhase(probe);
    await pause(3000);
    printRow('nothing hostile', await endPhase(probe), '');
    for (const [name, make] of [...constructs, ...others]) {
      if (only === undefined ? !isFull && isLeftOut(name) : !name.includes(only)) continue;
      const text = make(bytes);
      await writeFile(join(vault, 'hostile.md'), text);
      const slowest = await askEverything(ask, text);
      await served(ask, goodNotes + 1);
      await rm(join(vault, 'hostile.md'));
      await served(ask, goodNotes);
      const answers = await endPhase(probe);
      all.push(answers);
      printRow(name, answers, slowest);
    }
    const joined = paths.map((path) => [path, all.flatMap((answers) => answers[path] ?? [])]);
    printRow('all hostile notes', Object.fromEntries(joined), '');
  } finally {
    probe.disconnect();
    await server.stop('SIGTERM');
    const warnings = server.output().match(/^.*(?:warn|error).*$/gm) ?? [];
    process.stdout.write(
      `${warnings.length} warnings of the server${warnings.slice(0, 20).map((line) => `\n  ${line}`)}\n`,
    );
    await folder.remove();
  }
}

function isLeftOut(name: string): boolean {
  return name.startsWith('"') && !chosen.includes(JSON.parse(name));
}

/** Asks all tools about the hostile note; returns the slowest call. */
async function askEverything(ask: Ask, text: string): Promise<string> {
  const file_path = 'hostile.md';
  const nearMiss = `${text.slice(0, 100_000)}?`;
  const calls: [string, Record<string, unknown>][] = [
    ['vault_read', { file_path, max_chars: 400_000 }],
    ['vault_read', { file_path, outline: true }],
    ['vault_read', { file_path, section: text.slice(0, 900) }],
    ['vault_links', { file_path }],
    ['vault_search', { query: text.slice(0, 2000), top_k: 20 }],
    ['vault_search', { query: text.slice(text.length / 2, text.length / 2 + 2000), top_k: 20 }],
    ['vault_tags', {}],
    ['vault_list', { where: { a: '*' } }],
    ['vault_edit', { file_path, old_text: nearMiss, new_text: 'x' }],
    ['vault_insert', { file_path, heading: text.slice(0, 900), text: 'x' }],
    ['vault_frontmatter', { file_path, set: { status: 'Active' } }],
    ['vault_move', { file_path, new_path: 'moved.md' }],
    ['vault_move', { file_path: 'moved.md', new_path: file_path }],
  ];
  let slowest = { ms: 0, name: '' };
  for (const [name, args] of calls) {
    const begin = performance.now();
    await ask(name, args);
    const ms = performance.now() - begin;
    if (ms > slowest.ms) slowest = { ms, name };
  }
  return `${slowest.name} ${(slowest.ms / 1000).toFixed(1)} s`;
}

/** Waits until the catalogue has `notes`, of which every good one is still found. */
async function served(ask: Ask, notes: number): Promise<void> {
  for (const end = performance.now() + 120_000; performance.now() < end; await pause(100)) {
    const { indexed, files, ready } = await ask('vault_search', { query: 'walrus', top_k: 1 });
    if (ready !== false && indexed === notes && files === notes) break;
  }
  const note = Math.floor(Math.random() * goodNotes);
  const { text } = await ask('vault_read', { file_path: `good-${note}.md` });
  if (!String(text).includes(`ship ${note}.`)) throw new Error('a good note is not served');
}

function asker(url: string, token: string): Ask {
  return async (name, args) => {
    const answer = await fetch(`${url}/mcp`, {
      method: 'POST',
      headers: {
        Authorization: `Bearer ${token}`,
        'Content-Type': 'application/json',
        Accept: 'application/json, text/event-stream',
      },
      body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name, arguments: args } }),
    });
    const text = await answer.text();
    if (answer.status !== 200) throw new Error(`${name} answered ${answer.status}: ${text.slice(0, 200)}`);
    return JSON.parse(text).result?.structuredContent ?? {};
  };
}

function endPhase(probe: ChildProcess): Promise<Answers> {
  return new Promise((resolve) => {
    probe.once('message', (answers) => resolve(answers as Answers));
    probe.send('end');
  });
}

function printRow(name: string, answers: Answers, slowest: string): void {
  const cells = paths.map((path) => {
    const times = (answers[path] ?? []).toSorted((a, b) => a - b);
    const at = (share: number) => times[Math.min(times.length - 1, Math.floor(times.length * share))] ?? Number.NaN;
    return [at(0.5), at(0.99), at(1)]
      .map((ms) => ms.toFixed(1))
      .join(' / ')
      .padEnd(24);
  });
  process.stdout.write(`${name.slice(0, 42).padEnd(44)}${cells.join('')}${slowest}\n`);
}

function frontmatter(keyBytes: number, bodyBytes: number): string {
  const keys = Array.from({ length: keyBytes / 10 }, (_, key) => `k${String(key).padStart(6, '0')}: 1`);
  return `---\n${keys.join('\n')}\n---\n${'a\n'.repeat(bodyBytes / 2)}`;
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
