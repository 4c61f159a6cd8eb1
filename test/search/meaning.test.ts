import assert from 'node:assert/strict';
import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { SearchIndex } from '../../src/search/search.js';
import { answerConcepts, type EmbeddingsServer, startEmbeddingsServer } from './embeddings-server.js';
import { createNotesFolder, type NotesFolder } from './notes-folder.js';
import { collectLog, eventually, fill, open, pathsFound, untilReady } from './open-index.js';

const carNote = '# Garage\n\nThe car needs new tyres before winter.\n';
const doctorNote = '# Health\n\nThe physician is in on Tuesdays only.\n\n## Pets\n\nThe hound sees the vet in May.\n';

async function makeVault(t: TestContext): Promise<NotesFolder> {
  const folder = await createNotesFolder(t);
  await folder.put('home/garage.md', carNote);
  await folder.put('health.md', doctorNote);
  await folder.put('soup.md', '# Soup\n\nBoil the leeks with a potato or two.\n');
  return folder;
}

async function cachePath(t: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'vault-mcp-vectors-'));
  t.after(() => rm(folder, { recursive: true }));
  return join(folder, 'index');
}

const options = (server: EmbeddingsServer, path = '/v1', apiKey?: string) => ({
  embeddings: { url: server.url + path, model: 'concepts', ...(apiKey === undefined ? {} : { apiKey }) },
});

/** Waits until a search by meaning finds what no word finds. */
async function untilFound(index: SearchIndex, text: string, path: string): Promise<void> {
  await eventually(async () => (await pathsFound(index, text))[0], path);
}

for (const [path, asked] of [
  ['/v1', '/v1/embeddings'],
  ['/v1/embeddings', '/v1/embeddings'],
  ['/api/embed', '/api/embed'],
] as const) {
  test(`finds a note by a synonym, with ${path}`, async (t) => {
    const folder = await makeVault(t);
    const server = await startEmbeddingsServer(t);
    const index = await open(t, folder, options(server, path));
    await untilReady(index);
    await untilFound(index, 'automobile', 'home/garage.md');
    await untilFound(index, 'perro', 'health.md');
    const { hits, isByMeaning } = await index.search({ text: 'perro', limit: 10 });
    assert.equal(isByMeaning, true);
    assert.deepEqual(
      hits.map(({ section, line, endLine, text }) => ({ section, line, endLine, text })),
      [{ section: 'Pets', line: 5, endLine: 7, text: '## Pets\n\nThe hound sees the vet in May.' }],
    );
    assert.deepEqual([...new Set(server.requests.map((request) => request.path))], [asked]);
    assert.ok(server.requests.every(({ model, headers }) => model === 'concepts' && !headers.authorization));
    assert.ok(server.texts().includes('Garage\n\n# Garage\n\nThe car needs new tyres before winter.'));
  });
}

test('a note that words and meaning find comes before those of one of them; filters hold for both', async (t) => {
  const folder = await makeVault(t);
  await folder.put('word.md', '# Etymology\n\n#words The word automobile is Greek and Latin, with its car.\n');
  await folder.put('dealer.md', '# Dealer\n\n**Status:** Active\n\nThat vehicle was sold in spring.\n');
  const server = await startEmbeddingsServer(t);
  const index = await open(t, folder, options(server));
  await untilReady(index);
  await eventually(async () => (await pathsFound(index, 'automobile')).length, 3);
  const found = await index.search({ text: 'automobile', limit: 10 });
  assert.equal(found.hits[0]?.path, 'word.md');
  assert.ok((found.hits[0]?.score ?? 0) > 0.95);
  assert.ok((found.hits[1]?.score ?? 1) <= 0.5);
  const only = async (filter: object) =>
    (await index.search({ text: 'automobile', limit: 10, ...filter })).hits.map(({ path }) => path);
  assert.deepEqual(await only({ folder: 'home' }), ['home/garage.md']);
  assert.deepEqual(await only({ tag: 'words' }), ['word.md']);
  assert.deepEqual(await only({ status: 'Active' }), ['dealer.md']);
  assert.equal((await only({ limit: 2 })).length, 2);
});

test('vectors are kept over a restart, and only what changed is embedded again', async (t) => {
  const folder = await makeVault(t);
  const server = await startEmbeddingsServer(t);
  const cache = await cachePath(t);
  const before = await open(t, folder, { ...options(server), cachePath: cache });
  await untilReady(before);
  await untilFound(before, 'automobile', 'home/garage.md');
  await untilFound(before, 'perro', 'health.md');
  await before.close();
  assert.equal((await stat(`${cache}.vectors`)).mode & 0o777, 0o600);

  server.requests.length = 0;
  const after = await open(t, folder, { ...options(server), cachePath: cache });
  await untilFound(after, 'automobile', 'home/garage.md');
  await untilReady(after);
  await folder.put('health.md', doctorNote.replace('in May', 'for money'));
  await after.noteChanged('health.md');
  await untilFound(after, 'wages', 'health.md');
  assert.deepEqual(
    server.texts().filter((text) => text.includes('#')),
    ['Health\n\n## Pets\n\nThe hound sees the vet for money.'],
  );
  await folder.remove('home/garage.md');
  await after.noteChanged('home/garage.md');
  assert.deepEqual(await pathsFound(after, 'automobile'), []);
  const sizeBefore = (await stat(`${cache}.vectors`)).size;
  await after.close();
  assert.ok((await stat(`${cache}.vectors`)).size < sizeBefore);

  server.requests.length = 0;
  const other = await open(t, folder, {
    embeddings: { url: `${server.url}/v1`, model: 'other' },
    cachePath: cache,
  });
  await untilFound(other, 'wages', 'health.md');
  assert.ok(server.texts().some((text) => text.startsWith('Soup')));
});

test('a damaged file of vectors is made anew', async (t) => {
  const folder = await makeVault(t);
  const server = await startEmbeddingsServer(t);
  const cache = await cachePath(t);
  for (const bytes of ['nonsense', Buffer.alloc(5000, 7), '']) {
    await writeFile(`${cache}.vectors`, bytes);
    server.requests.length = 0;
    const index = await open(t, folder, { ...options(server), cachePath: cache });
    await untilFound(index, 'automobile', 'home/garage.md');
    await index.close();
    assert.ok(server.texts().some((text) => text.startsWith('Garage')));
  }
});

test('words go on while the endpoint is down, with one line for it, and meaning comes back', async (t) => {
  const folder = await makeVault(t);
  const server = await startEmbeddingsServer(t);
  await server.stop();
  const { log, entries } = collectLog();
  const index = await open(t, folder, { ...options(server), log });
  await untilReady(index);
  await eventually(async () => entries.filter(({ level }) => level === 'warn').length, 1);
  for (let query = 0; query < 5; query++) {
    const { hits, isByMeaning } = await index.search({ text: 'tyres', limit: 10 });
    assert.deepEqual([hits.map(({ path }) => path), isByMeaning], [['home/garage.md'], false]);
  }
  await server.restart();
  await eventually(async () => (await pathsFound(index, 'automobile'))[0], 'home/garage.md', 10_000);
  assert.deepEqual(
    entries.filter(({ message }) => message.includes('endpoint')).map(({ level, message }) => [level, message]),
    [
      ['warn', 'the embeddings endpoint fails, search goes on by words'],
      ['info', 'the embeddings endpoint answers again'],
    ],
  );
});

test('a slow endpoint delays a search by 2 s at most, and the next ones not at all', async (t) => {
  const folder = await makeVault(t);
  const server = await startEmbeddingsServer(t);
  const index = await open(t, folder, options(server));
  await untilReady(index);
  await untilFound(index, 'automobile', 'home/garage.md');
  server.respond = () => {};
  const begin = performance.now();
  assert.deepEqual(await pathsFound(index, 'tyres'), ['home/garage.md']);
  const firstMs = performance.now() - begin;
  assert.ok(firstMs > 1900 && firstMs < 3500, `${firstMs} ms`);
  const asked = server.requests.length;
  for (let query = 0; query < 3; query++) await pathsFound(index, 'tyres');
  assert.equal(server.requests.length, asked);
});

test('an answer that cannot be used is a failure', async (t) => {
  const folder = await makeVault(t);
  const server = await startEmbeddingsServer(t);
  const good = [0, 1, 0, 0, 1];
  const answers: [string, RegExp, number?][] = [
    ['<html>', /not JSON/],
    ['null', /a vector per text/],
    ['{"data":{}}', /a vector per text/],
    [JSON.stringify({ data: [{ index: 0, embedding: good }] }), /a vector per text/],
    [JSON.stringify({ data: [0, 1, 2, 9].map((index) => ({ index, embedding: good })) }), /a vector per text/],
    [JSON.stringify({ data: [0, 1, 2, 2].map((index) => ({ index, embedding: good })) }), /differ in length/],
    [JSON.stringify({ data: [5, 5, 4, 5].map((n) => ({ embedding: good.slice(0, n) })) }), /differ in length/],
    [JSON.stringify({ data: [1, 2, 3, 4].map(() => ({ embedding: [1, null] })) }), /no usable vectors/],
    [JSON.stringify({ data: [1, 2, 3, 4].map(() => ({ embedding: [] })) }), /no usable vectors/],
    [`{"data":"${'x'.repeat(17 * 1024 * 1024)}"}`, /too long/],
    ['{"error":"secret-answer"}', /status 500/, 500],
    ['', /status 400/, 400],
    ['', /cannot be reached/, 302],
  ];
  for (const [body, reason, status = 200] of answers) {
    const { log, entries } = collectLog();
    server.respond = (_request, response) => {
      response.writeHead(status, status === 302 ? { location: `${server.url}/elsewhere` } : {}).end(body);
    };
    const index = await open(t, folder, { ...options(server), log });
    await eventually(async () => entries.some(({ level }) => level === 'warn'), true);
    assert.match(String(entries.find(({ level }) => level === 'warn')?.fields['reason']), reason);
    assert.deepEqual(await pathsFound(index, 'tyres'), ['home/garage.md']);
    await index.close();
    assert.doesNotMatch(JSON.stringify(entries), /secret-answer/);
  }
  assert.ok(server.requests.every(({ path }) => path !== '/elsewhere'));
});

test('vectors of another length than those kept are not mixed with them', async (t) => {
  const folder = await makeVault(t);
  const server = await startEmbeddingsServer(t);
  const { log, entries } = collectLog();
  const index = await open(t, folder, { ...options(server), log });
  await untilReady(index);
  await untilFound(index, 'automobile', 'home/garage.md');
  server.respond = ({ input }, response) => {
    response.end(JSON.stringify({ data: input.map(() => ({ embedding: [1, 0] })) }));
  };
  await folder.put('new.md', '# New\n\nSomething about a physician.\n');
  await index.noteChanged('new.md');
  await eventually(async () => entries.some(({ fields }) => /another length/.test(String(fields['reason']))), true);
  assert.deepEqual(
    (await index.search({ text: 'tyres', limit: 1 })).hits.map(({ path }) => path),
    ['home/garage.md'],
  );
  assert.equal((await index.search({ text: 'tyres', limit: 1 })).isByMeaning, false);
});

test('a text that the endpoint refuses does not keep out the others', async (t) => {
  const folder = await makeVault(t);
  await folder.put('poison.md', '# Poison\n\nThis text is refused by the endpoint.\n');
  const server = await startEmbeddingsServer(t);
  server.respond = (request, response) => {
    if (request.input.some((text) => text.startsWith('Poison'))) response.writeHead(400).end();
    else answerConcepts(request, response);
  };
  const { log, entries } = collectLog();
  const index = await open(t, folder, { ...options(server), log });
  await untilReady(index);
  await untilFound(index, 'automobile', 'home/garage.md');
  await untilFound(index, 'perro', 'health.md');
  await eventually(async () => entries.some(({ fields }) => fields['path'] === 'poison.md'), true);
  assert.deepEqual(entries.filter(({ level }) => level === 'warn').length, 1);
});

test('the key is sent and never logged', async (t) => {
  const folder = await makeVault(t);
  const server = await startEmbeddingsServer(t);
  const { log, entries } = collectLog();
  const index = await open(t, folder, { ...options(server, '/v1?version=1', 'sk-secret'), log });
  await untilFound(index, 'automobile', 'home/garage.md');
  assert.ok(server.requests.every(({ headers }) => headers.authorization === 'Bearer sk-secret'));
  assert.ok(server.requests.every(({ path }) => path === '/v1/embeddings?version=1'));
  await server.stop();
  await index.search({ text: 'automobile', limit: 1 });
  assert.ok(entries.some(({ level }) => level === 'warn'));
  assert.doesNotMatch(JSON.stringify(entries), /sk-secret|version=1/);
});

test('hidden and ignored notes never reach the endpoint', async (t) => {
  const folder = await makeVault(t);
  for (const path of ['.hidden/a.md', '_drafts/a.md', 'private/a.md']) {
    await folder.put(path, '# Confidential\n\nThe salary of everybody.\n');
  }
  const server = await startEmbeddingsServer(t);
  const cache = await cachePath(t);
  const before = await open(t, folder, { cachePath: cache });
  await untilReady(before);
  assert.deepEqual(await pathsFound(before, 'salary'), ['private/a.md']);
  await before.close();
  // The index on disk still has the note when it is ignored from now on.
  const index = await open(t, folder, { ...options(server), cachePath: cache, ignore: ['private/**'] });
  await untilReady(index);
  await untilFound(index, 'automobile', 'home/garage.md');
  assert.doesNotMatch(server.texts().join(), /Confidential|everybody/);
});

test('search does not wait for the notes to be embedded', async (t) => {
  const folder = await createNotesFolder(t);
  await fill(folder.root, 100);
  const server = await startEmbeddingsServer(t);
  let held = 0;
  server.respond = (request, response) => {
    if (request.input.length > 1) held++;
    else answerConcepts(request, response);
  };
  const index = await open(t, folder, options(server));
  await untilReady(index);
  await eventually(async () => held, 1);
  const begin = performance.now();
  const { hits, isByMeaning } = await index.search({ text: 'number 42', limit: 1 });
  assert.ok(performance.now() - begin < 1000);
  assert.deepEqual([hits[0]?.path, isByMeaning], ['folder-2/42.md', false]);
  await index.close();
});

test('without an endpoint nothing is asked, and nothing is said of meaning', async (t) => {
  const folder = await makeVault(t);
  const cache = await cachePath(t);
  const index = await open(t, folder, { cachePath: cache });
  await untilReady(index);
  assert.ok(!('isByMeaning' in (await index.search({ text: 'leeks', limit: 1 }))));
  assert.deepEqual(await pathsFound(index, 'automobile'), []);
  await index.close();
  await assert.rejects(stat(`${cache}.vectors`), { code: 'ENOENT' });
});
