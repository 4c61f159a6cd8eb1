import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import { StateImage } from '../../src/state/file/image.js';
import { migrateVersion1 } from '../../src/state/rules/migrate.js';
import { isSound } from '../../src/state/rules/records.js';
import { tableNames } from '../../src/state/schema.js';
import { adopt } from './adopt.js';
import { openStore, recordingLog, resource, temporaryFolder } from './state-fixture.js';

const now = 1_790_000_000;
const options = { now, resource, refreshTokenTtlSeconds: 7_776_000 };
const hash = (text: string) => createHash('sha256').update(text).digest('hex');
const plain = (digit: string) => digit.repeat(64);

/** As the Python server writes it, with members of newer releases and tokens in every state. */
const version1 = {
  version: 1,
  later: { kept: true },
  clients: {
    'client-1': {
      client_id: 'client-1',
      client_secret: 'a secret',
      client_id_issued_at: 1_780_000_000,
      client_secret_expires_at: null,
      redirect_uris: ['https://claude.ai/api/mcp/auth_callback'],
      token_endpoint_auth_method: 'client_secret_post',
      grant_types: ['authorization_code', 'refresh_token'],
      response_types: ['code'],
      scope: null,
      client_name: 'Claude',
      client_uri: null,
      jwks: null,
      subject: 'new',
    },
    'client-2': {
      client_id: 'client-2',
      client_secret: null,
      client_id_issued_at: 1_780_000_000.5,
      redirect_uris: ['http://localhost/callback'],
      token_endpoint_auth_method: 'none',
    },
    'client-3': { client_id: 'client-3', client_secret: 'third', client_id_issued_at: now, redirect_uris: ['x:/y'] },
  },
  access_tokens: {
    [plain('a')]: {
      token: plain('a'),
      client_id: 'client-1',
      scopes: [],
      expires_at: now + 50,
      resource: 'https://vault.example/mcp/',
      claims: { sub: 'x' },
      subject: null,
    },
    [plain('b')]: {
      token: plain('b'),
      client_id: 'client-1',
      scopes: ['vault:read'],
      expires_at: null,
      resource: null,
    },
    [plain('c')]: { token: plain('c'), client_id: 'client-1', scopes: [], expires_at: now },
    [plain('d')]: { token: plain('d'), client_id: 'client-gone', scopes: [], expires_at: now + 50 },
  },
  refresh_tokens: {
    [plain('e')]: { token: plain('e'), client_id: 'client-1', scopes: [], expires_at: null },
    [plain('f')]: { token: plain('f'), client_id: 'client-2', scopes: ['user'], expires_at: now + 9 },
  },
};

test('an import keeps every login and no secret', () => {
  const { records, unsound, members } = migrateVersion1(version1, options);
  assert.equal(unsound.size, 0);
  assert.deepEqual([...members], [['later', { kept: true }]]);
  assert.deepEqual(records.clients.get('client-1'), {
    client_id: 'client-1',
    client_id_issued_at: 1_780_000_000,
    redirect_uris: ['https://claude.ai/api/mcp/auth_callback'],
    token_endpoint_auth_method: 'client_secret_post',
    grant_types: ['authorization_code', 'refresh_token'],
    response_types: ['code'],
    client_name: 'Claude',
    subject: 'new',
    client_secret_hash: hash('a secret'),
    approved_at: 1_780_000_000,
  });
  assert.equal(records.clients.get('client-2')?.client_id_issued_at, 1_780_000_000);
  assert.equal(records.clients.get('client-3')?.token_endpoint_auth_method, 'client_secret_post');
  assert.equal(records.clients.get('client-3')?.approved_at, undefined);

  assert.deepEqual([...records.access_tokens.keys()], [hash(plain('a')), hash(plain('b'))]);
  const a = records.access_tokens.get(hash(plain('a')));
  const b = records.access_tokens.get(hash(plain('b')));
  assert.deepEqual(a?.scopes, ['vault:read', 'vault:write']);
  assert.deepEqual(a?.['claims'], { sub: 'x' });
  assert.equal(a?.expires_at, now + 50);
  assert.equal(b?.expires_at, now + 7_776_000);
  assert.equal(a?.grant_id, b?.grant_id);

  const e = records.refresh_tokens.get(hash(plain('e')));
  const f = records.refresh_tokens.get(hash(plain('f')));
  assert.equal(e?.expires_at, now + 7_776_000);
  assert.equal(f?.expires_at, now + 9);
  assert.deepEqual(f?.scopes, ['vault:read', 'vault:write']);
  assert.equal(records.grants.size, 2);
  assert.equal(e?.grant_id, a?.grant_id, 'one grant for all tokens of a client');
  assert.deepEqual(records.grants.get(e?.grant_id ?? ''), {
    client_id: 'client-1',
    scopes: ['vault:read', 'vault:write'],
    resource,
    created_at: now,
    last_used_at: now,
    origin: 'import',
  });
  const text = JSON.stringify([...Object.values(records).flatMap((table) => [...table])]);
  for (const secret of ['a secret', 'third', ...[...'abcdef'].map(plain)]) assert.ok(!text.includes(secret));
});

test('the server rewrites the file as version 2 at once, and a second start imports nothing again', async (t) => {
  const path = join(await temporaryFolder(t), 'state.json');
  await writeFile(path, JSON.stringify({ ...version1, clients: { ...version1.clients } }));
  const log = recordingLog();
  const store = await openStore(t, path, log);
  const text = await readFile(path, 'utf8');
  assert.equal(JSON.parse(text).version, 2);
  assert.ok(!text.includes('a secret') && !text.includes(plain('e')));
  assert.ok(store.view().refresh_tokens.has(hash(plain('e'))));
  await store.close();
  const again = recordingLog();
  await openStore(t, path, again);
  assert.match(log.lines.join('\n'), /imported/);
  assert.doesNotMatch(again.lines.join('\n'), /imported/);
  assert.equal(await readFile(path, 'utf8'), text);
});

const anything = fc.anything({ maxDepth: 2, withNullPrototype: false });
const almost = <T>(value: T) =>
  fc.oneof({ weight: 6, arbitrary: fc.constant(value) }, { weight: 1, arbitrary: anything });
const almostVersion1 = fc.record({
  version: fc.constant(1),
  clients: almost(undefined).chain((other) =>
    other === undefined
      ? fc.dictionary(
          fc.constantFrom('client-1', 'client-2', '__proto__'),
          fc.record({
            client_id: almost('client-1'),
            client_secret: almost('a secret'),
            client_id_issued_at: almost(now),
            redirect_uris: almost(['https://claude.ai/x']),
            token_endpoint_auth_method: almost('none'),
          }),
        )
      : fc.constant(other),
  ),
  access_tokens: fc.dictionary(fc.constantFrom('t1', 't2', '__proto__'), arbitraryToken()),
  refresh_tokens: fc.dictionary(fc.constantFrom('t3', 't4', '__proto__'), arbitraryToken()),
});

function arbitraryToken() {
  return fc.record({
    client_id: almost('client-1'),
    scopes: almost<string[]>([]),
    expires_at: fc.oneof(fc.constant(null), almost(now + 5)),
    resource: almost(null),
    rotated_at: almost(null),
  });
}

test('whatever stands in a version 1 file: the import gives sound records, each with its owner, and is stable', async () => {
  await fc.assert(
    fc.asyncProperty(almostVersion1, async (document) => {
      let text: string;
      try {
        text = JSON.stringify(document);
      } catch {
        return;
      }
      const parsed = JSON.parse(text);
      const { records } = migrateVersion1(parsed, options);
      for (const name of tableNames) for (const [key, record] of records[name]) assert.ok(isSound(name, key, record));
      for (const grant of records.grants.values()) assert.ok(records.clients.has(grant.client_id));
      for (const token of [...records.access_tokens.values(), ...records.refresh_tokens.values()]) {
        assert.ok(records.grants.has(token.grant_id));
      }
      const image = new StateImage();
      await adopt(image, Buffer.from(text), options);
      const first = Buffer.concat((await image.prepare({})).chunks);
      const again = new StateImage();
      assert.equal((await adopt(again, first)).unsound.size, 0);
      assert.deepEqual(Buffer.concat((await again.prepare({})).chunks), first);
      assert.deepEqual(migrateVersion1(parsed, options).records, records);
    }),
  );
});
