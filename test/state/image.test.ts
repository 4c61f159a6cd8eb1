import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { StateImage } from '../../src/state/file/image.js';
import type { ChangeSet } from '../../src/state/schema.js';
import { tableNames } from '../../src/state/schema.js';
import { adopt } from './adopt.js';
import { applyChanges, arbitraryState, hashes, names, now, type PlainState } from './plain-view.js';
import { client, grant, token } from './state-fixture.js';

async function fileOf(state: PlainState): Promise<Buffer> {
  const image = new StateImage();
  return save(image, {
    ...state,
    ...(state.revokedBefore === undefined ? {} : { revoked_before: state.revokedBefore }),
  });
}

async function save(image: StateImage, changes: ChangeSet): Promise<Buffer> {
  const prepared = await image.prepare(changes);
  prepared.commit();
  return Buffer.concat(prepared.chunks);
}

function contentOf(image: StateImage): PlainState {
  const { revokedBefore, clients, grants, access_tokens, refresh_tokens } = image.tables;
  return { revokedBefore, clients, grants, access_tokens, refresh_tokens };
}

function assertSame(image: StateImage, state: PlainState): void {
  assert.equal(image.tables.revokedBefore, state.revokedBefore);
  for (const name of tableNames) {
    assert.deepEqual(Object.fromEntries(image.tables[name]), Object.fromEntries<object>(state[name]), name);
  }
}

/** Records that exist nowhere in arbitraryState, so that additions and removals meet. */
const arbitraryChanges: fc.Arbitrary<ChangeSet> = fc
  .record({
    put: fc.uniqueArray(fc.constantFrom(...names('client', 6), ...names('other', 700))),
    drop: fc.uniqueArray(fc.constantFrom(...names('client', 6), ...names('other', 700))),
    tokens: fc.uniqueArray(fc.constantFrom(...hashes('a', 15), ...hashes('e', 600))),
    gone: fc.uniqueArray(fc.constantFrom(...hashes('a', 15), ...hashes('e', 600))),
    revoked: fc.option(fc.constant(now), { nil: undefined }),
  })
  .map(({ put, drop, tokens, gone, revoked }) => ({
    clients: new Map([...put.map((id) => [id, client(id)] as const), ...drop.map((id) => [id, null] as const)]),
    access_tokens: new Map([
      ...tokens.map((hash) => [hash, token('grantx-1')] as const),
      ...gone.map((hash) => [hash, null] as const),
    ]),
    ...(revoked === undefined ? {} : { revoked_before: revoked }),
  }));

test('what is written reads back as it was, whole or line by line, also as jq would lay it out', async () => {
  await fc.assert(
    fc.asyncProperty(arbitraryState, fc.option(fc.nat(), { nil: undefined }), async (plain, revokedBefore) => {
      const state = { ...plain, revokedBefore };
      const bytes = await fileOf(state);
      const image = new StateImage();
      const { version, unsound } = await adopt(image, bytes);
      assert.deepEqual([version, unsound.size], [2, 0]);
      assertSame(image, state);
      assert.deepEqual(Buffer.concat((await image.prepare({})).chunks), bytes);
      const other = new StateImage();
      await adopt(other, Buffer.from(JSON.stringify(JSON.parse(bytes.toString()), null, 2)));
      assertSame(other, state);
    }),
  );
});

test('a file that another process changed is taken over exactly, however much of it was known', async () => {
  await fc.assert(
    fc.asyncProperty(arbitraryState, arbitraryChanges, arbitraryChanges, async (state, ours, theirs) => {
      const mine = new StateImage();
      const start = await save(mine, { ...state, ...ours });
      const other = new StateImage();
      await adopt(other, start);
      const changed = await save(other, theirs);
      await adopt(mine, changed);
      assertSame(mine, contentOf(other));
      assertSame(mine, applyChanges(contentOf(other), {}));
      const fresh = new StateImage();
      await adopt(fresh, Buffer.concat((await mine.prepare({})).chunks));
      assertSame(fresh, contentOf(mine));
    }),
    { numRuns: 40 },
  );
});

test('changes that could not be committed leave no trace in the next save', async () => {
  await fc.assert(
    fc.asyncProperty(arbitraryState, arbitraryChanges, async (state, changes) => {
      const image = new StateImage();
      await save(image, state);
      (await image.prepare(changes)).rollBack();
      assertSame(image, { ...state, revokedBefore: undefined });
      const again = new StateImage();
      await adopt(again, Buffer.concat((await image.prepare({})).chunks));
      assertSame(again, { ...state, revokedBefore: undefined });
    }),
    { numRuns: 40 },
  );
});

test('one record per line, readable as JSON', async () => {
  const bytes = await fileOf({
    revokedBefore: 5,
    clients: new Map([['client-1', client('client-1')]]),
    grants: new Map(),
    access_tokens: new Map([
      ['a', token('g')],
      ['b', token('g')],
    ]),
    refresh_tokens: new Map(),
  });
  const lines = bytes.toString().split('\n');
  assert.equal(lines.length, 13);
  assert.equal(lines[0], '{"version":2,"revoked_before":5,');
  assert.ok(lines.filter((line) => line.includes('"grant_id"')).length === 2);
  assert.equal(JSON.parse(bytes.toString()).revoked_before, 5);
});

test('unknown members survive a rewrite, `__proto__` included, at the top and in a record', async () => {
  const text =
    '{"version":2,"later":{"x":[1]},"__proto__":{"y":1},"clients":{"__proto__":{"client_id":"__proto__",' +
    '"client_id_issued_at":1,"redirect_uris":[],"token_endpoint_auth_method":"none","__proto__":{"admin":true},"z":null}}}';
  const image = new StateImage();
  await adopt(image, Buffer.from(text));
  const bytes = await save(image, { clients: new Map([['other', client('other')]]) });
  const found = JSON.parse(bytes.toString());
  const expected = JSON.parse(text);
  assert.deepEqual(found.later, expected.later);
  assert.ok(Object.hasOwn(found, '__proto__'));
  assert.equal(JSON.stringify(Object.values(found.clients)[0]), JSON.stringify(Object.values(expected.clients)[0]));
  assert.equal(image.tables.clients.get('__proto__')?.['admin'], undefined);
  const again = new StateImage();
  assert.equal((await adopt(again, bytes)).unsound.size, 0);
  assert.equal(again.tables.clients.size, 2);
});

test('sound records are kept when others are not, and the others are counted', async () => {
  const deep = `${'['.repeat(5_000)}${']'.repeat(5_000)}`;
  const good = JSON.stringify(client('good'));
  const bad = [
    'null',
    '[]',
    '7',
    '{}',
    good,
    good.replace('"good"', '"bad-5"').replace('1700000000', '1e999'),
    good.replace('"good"', '"bad-6"').replace('1700000000', '"1700000000"'),
    good.replace('"good"', '"bad-7"').replace('}', `,"x":${deep}}`),
    good.replace('"good"', '"bad-8"').replace('["https', '[1,"https'),
    good.replace('"good"', '"bad-9"').replace('}', ',"revoked_before":null}'),
  ];
  const lines = [`"good":${good}`, ...bad.map((record, index) => `"bad-${index}":${record}`)];
  const layouts = [
    `{"version":2,\n"clients":{\n${lines.join(',\n')}\n},\n"grants":{\n},\n"access_tokens":{\n},\n"refresh_tokens":{\n}}\n`,
    `{"clients":{${lines.join(',')}},"version":2}`,
  ];
  for (const text of layouts) {
    const image = new StateImage();
    assert.deepEqual((await adopt(image, Buffer.from(text))).unsound, new Map([['clients', bad.length]]));
    assert.deepEqual([...image.tables.clients.keys()], ['good']);
    const again = new StateImage();
    assert.equal((await adopt(again, Buffer.concat((await image.prepare({})).chunks))).unsound.size, 0);
  }
});

test('what is no state file is refused and changes nothing', async () => {
  const image = new StateImage();
  const bytes = await save(image, { clients: new Map([['a', client('a')]]), grants: new Map([['g', grant('a')]]) });
  const text = bytes.toString();
  const unreadable = ['', '{', text.slice(0, -3), text.replace('},\n"grants"', '\n"grants"'), `${text}x`];
  for (const bad of unreadable) {
    await assert.rejects(adopt(image, Buffer.from(bad)), { code: 'state_unreadable' }, bad);
  }
  const badUtf8 = Buffer.from(bytes);
  badUtf8[text.indexOf('claude')] = 0xff;
  await assert.rejects(adopt(image, badUtf8), { code: 'state_unreadable' });
  for (const version of ['1', '3']) {
    const other = text.replace('"version":2', `"version":${version}`);
    await assert.rejects(adopt(image, Buffer.from(other)), { code: 'state_version' }, version);
  }
  const foreign = ['"2"', '2.5', '-2', '1e400', 'null'].map((version) => text.replace(':2', `:${version}`));
  for (const other of [...foreign, '{}', '[]', '"x"', '{"version":2,"name":"package"}', '{"version":1,"a":{}}']) {
    await assert.rejects(adopt(image, Buffer.from(other)), { code: 'state_foreign' }, other);
  }
  assert.deepEqual([...image.tables.clients.keys()], ['a']);
  assert.deepEqual(Buffer.concat((await image.prepare({})).chunks), bytes);
});

test('a key that stands twice counts once, with its last record', async () => {
  const image = new StateImage();
  const bytes = await save(image, { clients: new Map([['a', client('a')]]) });
  const line = `"a":${JSON.stringify(client('a'))}`;
  const later = `"a":${JSON.stringify(client('a', { client_name: 'later' }))}`;
  await adopt(image, Buffer.from(bytes.toString().replace(line, `${line},\n${later}`)));
  assert.equal(image.tables.clients.get('a')?.client_name, 'later');
});

test('only the blocks that a change touches are built anew', async () => {
  const image = new StateImage();
  const many = names('client', 5_000).map((id) => [id, client(id)] as const);
  const first = await image.prepare({ clients: new Map(many) });
  first.commit();
  const second = await image.prepare({ clients: new Map([['client-700', null]]) });
  second.commit();
  const known = new Set(first.chunks);
  const large = second.chunks.filter((chunk) => chunk.length > 1_000);
  assert.equal(large.length, 10);
  assert.equal(large.filter((chunk) => !known.has(chunk)).length, 1);
});

test('after many removals the file is not made of crumbs', async () => {
  const image = new StateImage();
  const ids = names('client', 10_000);
  await save(image, { clients: new Map(ids.map((id) => [id, client(id)])) });
  await save(image, { clients: new Map(ids.filter((_, index) => index % 100 !== 0).map((id) => [id, null])) });
  const { chunks } = await image.prepare({});
  assert.equal(image.tables.clients.size, 100);
  assert.ok(chunks.length < 12, String(chunks.length));
});
