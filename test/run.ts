import { spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { isFull } from './full.js';

/**
 * Runs the tests, or with `--unit` those alone that touch neither disk nor network nor other processes and measure nothing.
 * These share two processes, for starting one for each file costs more than most of them; the others run side by side.
 */
const folder = dirname(fileURLToPath(import.meta.url));
const bench = join(folder, '..', 'bench');
const impure = /^node:(?:fs|child_process|http|https|net|tls|worker_threads|dgram|inspector)(?:$|\/)/;

const files = readdirSync(folder, { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.test.js'))
  .sort()
  .map((name) => join(folder, name));

/** Stories of whole processes, and proofs, that cost seconds each: `.ci/run` has them, and `FULL=1 npm test`. */
const longStories: Readonly<Record<string, readonly string[]>> = {
  cli: ['audit', 'completion', 'doctor', 'init', 'serve', 'state-commands', 'state-inspect', 'state-repair'],
  e2e: [
    ...['approval-page', 'examples', 'meaning', 'package', 'proxies', 'recorded-logins', 'refresh', 'restart'],
    ...['socket-activation', 'state-file', 'stop-while-writing', 'strict-client', 'third-party', 'tools'],
  ],
  faults: ['broken-disk', 'hostile-notes', 'processes', 'vault-disk'],
  mcp: ['real-vault'],
  notes: ['open-notes'],
  'notes/catalogue': ['catalogue-file', 'follow-vault'],
  'notes/files': ['races'],
  'notes/markdown': ['growth'],
  'notes/search': ['embeddings', 'quality'],
  'notes/worker': ['cut-off-move', 'faulty-notes', 'operations'],
};
const long = Object.entries(longStories).flatMap(([place, names]) =>
  names.map((name) => join(folder, place, `${name}.test.js`)),
);

/** Whether a test and its fixtures are pure; what they test is used by them alone. */
const known = new Map<string, boolean>();
function isPure(file: string): boolean {
  if (!file.startsWith(folder)) return !file.startsWith(bench);
  const before = known.get(file);
  if (before !== undefined) return before;
  known.set(file, true);
  const imports = [...readFileSync(file, 'utf8').matchAll(/(?:from|import)\s*\(?'([^']+)'/g)].map(
    ([, name]) => name ?? '',
  );
  const pure = imports.every((name) =>
    name.startsWith('.') ? isPure(resolve(dirname(file), name)) : !impure.test(name),
  );
  known.set(file, pure);
  return pure;
}

const shortFiles = files.filter((file) => isFull || !long.includes(file));
export const pureFiles = shortFiles.filter(isPure);

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const pure = new Set(pureFiles);
  const rest = process.argv.includes('--unit') ? [] : shortFiles.filter((file) => !pure.has(file));
  const args = [
    '--test',
    '--test-timeout=120000',
    `--test-concurrency=${availableParallelism() + 1}`,
    ...process.argv.slice(2).filter((arg) => arg !== '--unit'),
    ...['unit-even.js', 'unit-odd.js'].map((name) => join(folder, name)),
    ...rest,
  ];
  const child = spawn(process.execPath, args, { stdio: 'inherit' });
  child.once('exit', (code) => {
    process.exitCode = code ?? 1;
  });
}
