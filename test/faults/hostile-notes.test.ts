import assert from 'node:assert/strict';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { connectV1 } from '../e2e/connect.js';
import { freePort, scratchFolder, startServer } from '../e2e/server-process.js';
import { isFull } from '../full.js';

const bytes = isFull ? 10_000_000 : 500_000;
const measureMs = isFull ? 15_000 : 3_000;
/** Each hung or slowed a reader of Markdown that was not made for it. */
const constructs: Readonly<Record<string, (size: number) => string>> = {
  brackets: (size) => '['.repeat(size),
  links: (size) => '[a](b) '.repeat(size / 7),
  images: (size) => '![['.repeat(size / 3),
  emphasis: (size) => '*a_ '.repeat(size / 4),
  quotes: (size) => '>'.repeat(size),
  lists: (size) => '- '.repeat(size / 2),
  dashes: (size) => '-'.repeat(size),
  backticks: (size) => Array.from({ length: Math.sqrt(size * 2) }, (_, run) => '`'.repeat(run)).join(' '),
  html: (size) => '<a href="'.repeat(size / 9),
  breaks: (size) => '\n'.repeat(size),
  tag: (size) => `#a${'/'.repeat(size)}b`,
  marks: (size) => `a${'\u0301'.repeat(size / 2)}`,
  yaml: (size) => `---\n${'a: &a [*a]\n'.repeat(size / 11)}---\n`,
};

async function hostileVault(t: TestContext): Promise<{ scratch: string; vault: string }> {
  const scratch = await scratchFolder();
  t.after(scratch.remove);
  const vault = join(scratch.path, 'vault');
  await mkdir(vault);
  await writeFile(join(vault, 'good.md'), '# Good\n\nThe walrus.\n');
  for (const [name, make] of Object.entries(constructs)) await writeFile(join(vault, `${name}.md`), make(bytes));
  return { scratch: scratch.path, vault };
}

/** Asks for health, tokens and the approval page in turns; returns the milliseconds of each answer, sorted. */
async function measureAnswers(url: string, forMs: number): Promise<number[]> {
  const token = {
    method: 'POST',
    body: new URLSearchParams({ grant_type: 'refresh_token', refresh_token: 'x', client_id: 'x' }),
  };
  const requests: [string, RequestInit][] = [
    ['/healthz', {}],
    ['/token', token],
    ['/authorize?response_type=code&client_id=x', {}],
  ];
  const times: number[] = [];
  for (const end = performance.now() + forMs; performance.now() < end; ) {
    for (const [path, init] of requests) {
      const begin = performance.now();
      await (await fetch(url + path, init)).arrayBuffer();
      times.push(performance.now() - begin);
    }
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  return times.sort((a, b) => a - b);
}

function report(t: TestContext, name: string, times: readonly number[]): void {
  const at = (share: number) => times[Math.floor(times.length * share)] ?? Number.NaN;
  t.diagnostic(`${name}: ${times.length} answers, p50 ${at(0.5).toFixed(1)} ms, p99 ${at(0.99).toFixed(1)} ms`);
  // On an idle machine p99 is under 50 ms; on a busy one, too, a reader on the same thread would show.
  assert.ok(at(0.5) < 500 && (times.at(-1) ?? 0) < 10_000, `${name}: p50 ${at(0.5)} ms, worst ${times.at(-1)} ms`);
}

test('logins do not wait for hostile notes while they are indexed and read, and all notes are served', async (t) => {
  const { scratch, vault } = await hostileVault(t);
  const args = ['--vault-path', vault, '--state-path', join(scratch, 'state.json'), '--no-rate-limit'];
  const server = await startServer({ port: await freePort(), args });
  t.after(() => server.stop('SIGKILL'));
  report(t, 'while they are indexed', await measureAnswers(server.url, measureMs));
  const client = await connectV1(server.url);
  t.after(() => client.close());
  const measured = measureAnswers(server.url, measureMs);
  for (const name of Object.keys(constructs)) {
    await client.call('vault_read', { file_path: `${name}.md` });
    await client.call('vault_links', { file_path: `${name}.md` });
  }
  report(t, 'while they are read', await measured);
  assert.match(await client.call('vault_read', { file_path: 'good.md' }), /walrus/);
  assert.match(await client.call('vault_list', {}), new RegExp(`^${Object.keys(constructs).length + 1} notes`));
});

test('logins do not wait for a reader that stands still', async (t) => {
  const { scratch, vault } = await hostileVault(t);
  await writeFile(join(vault, 'aaa.md'), 'STAND STILL');
  const faulty = new URL('../notes/worker/faulty-reader.js', import.meta.url).href;
  const args = ['--vault-path', vault, '--state-path', join(scratch, 'state.json'), '--no-rate-limit'];
  const env = { NODE_OPTIONS: `--import ${faulty}` };
  const server = await startServer({ port: await freePort(), args, env });
  t.after(() => server.stop('SIGKILL'));
  report(t, 'meanwhile', await measureAnswers(server.url, measureMs));
});
