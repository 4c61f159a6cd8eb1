import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createWordSource } from '../../../bench/generated-vault.js';
import { indexNotes } from '../../../bench/search-index.js';
import { isFull } from '../../full.js';

const size = isFull ? 9_900_000 : 300_000;

/** As long as a page of plain words takes, many times over: a machine that is busy slows both. */
async function timed(run: () => unknown): Promise<number> {
  const begin = process.cpuUsage();
  await run();
  const { user, system } = process.cpuUsage(begin);
  return (user + system) / 1000;
}

test('notes that are long in any one way are taken in, found and shown in bounded time', async (t) => {
  const index = indexNotes([{ path: 'plain.md', text: '# Plain\n\nThe axolotl swims.' }]);
  t.after(() => index.close());
  const hostile: Record<string, string> = {
    'line breaks': `axolotl${'\n'.repeat(size)}heron`,
    'one word': `heron ${'a'.repeat(size)} axolotl`,
    'one word, often': 'axolotl '.repeat(size / 8),
    marks: `axolotl a${'\u0301'.repeat(size / 2)}`,
    characters: `axolotl ${'漢'.repeat(size / 3)}`,
    emoji: `axolotl ${'🎉'.repeat(size / 4)}`,
    headings: 'x\n\n## axolotl heading\n\n'.repeat(size / 200),
    signs: `axolotl ${'"(-*'.repeat(size / 4)}`,
  };
  for (const [name, text] of Object.entries(hostile)) {
    const path = `${name}.md`;
    const took = await timed(() => index.put(path, text));
    assert.ok(took < 15_000, `${name}: ${took.toFixed(0)} ms to take in`);
    let hits: Awaited<ReturnType<typeof index.find>> = [];
    const searched = await timed(async () => {
      hits = await index.find('axolotl heron');
    });
    assert.ok(searched < 1000, `${name}: ${searched.toFixed(0)} ms to search`);
    const hit = hits.find((found) => found.path === path);
    assert.ok(hit !== undefined && hit.text.length < 800 && /axolotl|heron/.test(hit.text), name);
    index.put(path, undefined);
  }
});

test('a query of 2,000 characters takes milliseconds, whatever is in it', async (t) => {
  const source = createWordSource(5);
  const notes = Array.from({ length: 300 }, (_, at) => ({
    path: `${at}.md`,
    text: `# ${source.words(4)}\n\n${source.words(200)}`,
  }));
  const index = indexNotes(notes);
  t.after(() => index.close());
  const queries = [
    source.words(300),
    'zzqxv '.repeat(400),
    Array.from({ length: 400 }, (_, at) => `q${at}xz`).join(' '),
    '"a b" '.repeat(400),
    'a* b* c* '.repeat(250),
    '-x '.repeat(700),
    '"'.repeat(2000),
    '漢'.repeat(2000),
    `a${'\u0301'.repeat(1999)}`,
    '🎉'.repeat(1000),
    'x'.repeat(2000),
    `"${source.words(300)}"`,
    'a'.repeat(1_000_000),
  ];
  await index.find('warm up');
  for (const query of queries) {
    const took = await timed(() => index.find(query));
    assert.ok(took < 500, `${query.slice(0, 20)}: ${took.toFixed(0)} ms`);
  }
});
