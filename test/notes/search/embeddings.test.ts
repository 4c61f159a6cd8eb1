import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { indexNotes, type SearchIndex } from '../../../bench/search-index.js';
import type { Log } from '../../../src/log.js';
import { prefixesOf, readPrefixes } from '../../../src/notes/search/embeddings/prefixes.js';
import type { EmbeddingsOptions } from '../../../src/notes/search/open-note-search.js';
import { answerConcepts, conceptVector, type EmbeddingsServer, startEmbeddingsServer } from './embeddings-server.js';

const notes = [
  { path: 'home/garage.md', text: '# Garage\n\nThe car needs new tyres before winter.\n' },
  {
    path: 'health.md',
    text: '# Health\n\nThe physician is in on Tuesdays only.\n\n## Pets\n\nThe hound sees the vet in May.\n',
  },
  { path: 'soup.md', text: '# Soup\n\nBoil the leeks with a potato or two.\n' },
];

function open(
  t: TestContext,
  server: EmbeddingsServer,
  options: Partial<EmbeddingsOptions> & { path?: string; log?: Log; meaning?: 'on' | 'off' } = {},
): SearchIndex {
  const { path = '/v1', log, meaning, ...rest } = options;
  const embeddings = { url: server.url + path, model: 'concepts', ...rest };
  const index = indexNotes(notes, { embeddings, meaning, ...(log && { log }) });
  t.after(() => index.close());
  return index;
}

async function eventually(isTrue: () => Promise<boolean> | boolean): Promise<void> {
  const until = Date.now() + 30_000;
  while (!(await isTrue())) {
    assert.ok(Date.now() < until, 'it did not happen');
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

const isEmbedded = (index: SearchIndex) =>
  eventually(() => index.search.status().withVectors === index.search.status().sections);
const first = async (index: SearchIndex, text: string) => (await index.find(text))[0]?.path;

for (const [path, asked] of [
  ['/v1', '/v1/embeddings'],
  ['/v1/embeddings', '/v1/embeddings'],
  ['/api/embed', '/api/embed'],
] as const) {
  test(`finds a note by a synonym, with ${path}`, async (t) => {
    const server = await startEmbeddingsServer(t);
    const index = open(t, server, { path });
    await isEmbedded(index);
    assert.equal(await first(index, 'automobile'), 'home/garage.md');
    const { hits, isByMeaning } = await index.search.search({ text: 'perro', limit: 1 });
    assert.equal(isByMeaning, true);
    assert.deepEqual(
      hits.map(({ section, by, line, endLine, text }) => ({ section, by, line, endLine, text })),
      [{ section: 'Pets', by: 'meaning', line: 5, endLine: 7, text: '## Pets\n\nThe hound sees the vet in May.' }],
    );
    assert.deepEqual([...new Set(server.requests.map((request) => request.path))], [asked]);
    assert.ok(server.requests.every(({ model, headers }) => model === 'concepts' && !headers.authorization));
    assert.ok(server.texts().includes('Garage\n\n# Garage\n\nThe car needs new tyres before winter.'));
  });
}

test('queries and notes are sent with the prefixes of the model, or those that are told', async (t) => {
  const server = await startEmbeddingsServer(t);
  const known = open(t, server, { model: 'intfloat/multilingual-e5-small' });
  await isEmbedded(known);
  await known.find('automobile');
  assert.ok(server.texts().includes('query: automobile'));
  assert.ok(server.texts().every((text) => /^(query|passage): /.test(text)));
  server.requests.length = 0;
  const told = open(t, server, { prefixes: { query: 'Q ', passage: 'P ' }, apiKey: 'secret' });
  await isEmbedded(told);
  await told.find('automobile');
  assert.ok(server.texts().every((text) => /^[QP] /.test(text)));
  assert.ok(server.requests.every(({ headers }) => headers.authorization === 'Bearer secret'));
  const byName = {
    'nomic-embed-text:latest': 'search_query: ',
    'embeddinggemma:300m': 'task: search result | query: ',
    'bge-large-en-v1.5': 'Represent this sentence for searching relevant passages: ',
    'mxbai-embed-large': 'Represent this sentence for searching relevant passages: ',
    'text-embedding-3-small': '',
    'bge-m3': '',
    'all-minilm': '',
  };
  for (const [model, query] of Object.entries(byName)) assert.equal(prefixesOf(model).query, query, model);
  assert.deepEqual(readPrefixes('query: |passage: '), { query: 'query: ', passage: 'passage: ' });
  assert.deepEqual(readPrefixes('query:|passage:'), { query: 'query: ', passage: 'passage: ' });
  assert.deepEqual(readPrefixes('none'), { query: '', passage: '' });
  assert.equal(readPrefixes('query: '), undefined);
});

test('only what changed is sent again, and a note that moves is not', async (t) => {
  const server = await startEmbeddingsServer(t);
  const index = open(t, server);
  await isEmbedded(index);
  server.requests.length = 0;
  index.put('health.md', notes[1]?.text.replace('in May', 'for money'));
  index.put('home/garage.md', undefined);
  index.put('garage.md', notes[0]?.text);
  index.search.wake();
  await isEmbedded(index);
  assert.deepEqual(server.texts(), ['Health\n\n## Pets\n\nThe hound sees the vet for money.']);
  assert.equal(await first(index, 'wages'), 'health.md');
  assert.equal(await first(index, 'automobile'), 'garage.md');
});

test('search goes on while the endpoint is down, with one line for it, and the model comes back', async (t) => {
  const server = await startEmbeddingsServer(t);
  await server.stop();
  const lines: string[] = [];
  const write = (level: string) => (message: string) => void lines.push(`${level}: ${message}`);
  const log: Log = { debug: write('debug'), info: write('info'), warn: write('warn'), error: write('error') };
  const builtIn = open(t, server);
  const index = open(t, server, { log, meaning: 'off' });
  await eventually(() => lines.length > 0);
  for (let query = 0; query < 5; query++) {
    const { hits, isByMeaning } = await index.search.search({ text: 'tyres', limit: 10 });
    assert.deepEqual([hits.length, isByMeaning], [1, false]);
  }
  assert.deepEqual(await index.find('automobile'), []);
  const { hits, isByMeaning } = await builtIn.search.search({ text: 'automobile', limit: 1 });
  assert.deepEqual([hits[0]?.noteId, isByMeaning], [1, true]);
  await server.restart();
  await eventually(async () => (await first(index, 'automobile')) === 'home/garage.md');
  assert.deepEqual(lines, [
    'warn: the embeddings endpoint fails; search works without its model',
    'info: the embeddings endpoint answers again',
  ]);
});

test('notes that are not embedded yet are found by the built-in vectors', async (t) => {
  const server = await startEmbeddingsServer(t);
  const index = open(t, server);
  await isEmbedded(index);
  index.put('cat.md', '# Cat\n\nThe kitten sleeps on the radiator.\n');
  assert.equal(index.search.status().withVectors, index.search.status().sections - 1);
  const hits = await index.find('gatito');
  assert.equal(hits.find(({ path }) => path === 'cat.md')?.by, 'meaning');
});

test('a model that is replaced by one of other dimensions embeds all notes again', async (t) => {
  const server = await startEmbeddingsServer(t);
  const index = open(t, server);
  await isEmbedded(index);
  // The order of the axes differs too, so that nothing of the former model fits.
  server.respond = ({ input }, response) => {
    const data = input.map((text) => ({ embedding: [0, 0, ...conceptVector(text).reverse()] }));
    response.end(JSON.stringify({ data }));
  };
  await eventually(async () => (await first(index, 'automobile')) === 'home/garage.md');
  assert.equal(await first(index, 'perro'), 'health.md');
  index.put('bank.md', '# Bank\n\nThe salary arrives on Fridays.');
  index.search.wake();
  await eventually(async () => (await first(index, 'wages')) === 'bank.md');
  await isEmbedded(index);
});

test('one text that the endpoint refuses does not keep out the others', async (t) => {
  const server = await startEmbeddingsServer(t);
  server.respond = (request, response) => {
    if (!request.input.some((text) => text.includes('leeks'))) return answerConcepts(request, response);
    response.statusCode = 400;
    response.end();
  };
  const index = open(t, server);
  await eventually(async () => (await first(index, 'perro')) === 'health.md');
  assert.equal(await first(index, 'leeks'), 'soup.md');
});

for (const [name, answer] of Object.entries({
  'no JSON': 'nonsense',
  'no vectors': '{"data": []}',
  'vectors of words': '{"data": [{"embedding": ["a"]}]}',
  'another member': '{"error": "no such model"}',
})) {
  test(`an endpoint that answers ${name} harms nothing`, async (t) => {
    const server = await startEmbeddingsServer(t);
    server.respond = (_request, response) => void response.end(answer);
    const index = open(t, server);
    await eventually(() => server.requests.length > 0);
    assert.equal(await first(index, 'tyres'), 'home/garage.md');
    assert.equal(index.search.status().withVectors, 0);
  });
}
