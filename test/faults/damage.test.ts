import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { isDeepStrictEqual } from 'node:util';
import { silentLog } from '../../src/log.js';
import type { StateError } from '../../src/state/errors.js';
import { tableNames } from '../../src/state/schema.js';
import { openServerStore } from '../../src/state/store/open-server-store.js';
import { ServerStore } from '../../src/state/store/server-store.js';
import { isFull } from '../full.js';
import { client, grant, putAll, register, resource, token } from '../state/state-fixture.js';

const wanted = isFull ? 10_000 : 160;
const hash = (digit: string) => digit.repeat(64);

describe('damaged files', { concurrency: 4 }, () => {
  let folder = '';
  let sound = Buffer.alloc(0);
  let original: { [table: string]: { [key: string]: unknown } };

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'vault-mcp-damage-'));
    const path = join(folder, 'sound.json');
    const store = await openServerStore({ path, resource, refreshTokenTtlSeconds: 9, log: silentLog });
    await store.update(
      putAll({
        revoked_before: 1_800_000_000,
        clients: new Map([
          ['client-1', client('client-1', { client_name: 'Größe ☃', client_secret_hash: hash('9') })],
          ['client-2', client('client-2')],
        ]),
        grants: new Map([['grant-1', grant('client-1')]]),
        access_tokens: new Map([[hash('a'), token('grant-1')]]),
        refresh_tokens: new Map([[hash('b'), token('grant-1', { rotated_at: 1, successor: 'x' })]]),
      }),
    );
    await store.close();
    sound = await readFile(path);
    original = JSON.parse(sound.toString());
  });
  after(() => rm(folder, { recursive: true, force: true }));

  /** Starts a server on the file: it comes up, keeps what is sound, and keeps the bytes when it left anything out. */
  async function start(damaged: Buffer, name: string): Promise<void> {
    const own = join(folder, name);
    await mkdir(own);
    const path = join(own, 'state.json');
    await writeFile(path, damaged, { mode: 0o644 });
    const options = { path, resource, refreshTokenTtlSeconds: 9, log: silentLog, waits: { settledMs: 0 } };
    const store = await openServerStore(options).catch((error: unknown) => error);
    if (!(store instanceof ServerStore)) {
      assert.match((store as StateError).code, /^state_(foreign|version)$/, name);
      assert.doesNotThrow(() => JSON.parse(damaged.toString()), `${name}: only what is sound JSON is refused`);
      assert.deepEqual(await readdir(own), ['state.json'], name);
      assert.deepEqual(await readFile(path), damaged, name);
      await rm(own, { recursive: true });
      return;
    }
    assert.equal((await store.update(register('new'))).durable, true, name);
    for (const [table, key] of soundRecords(damaged)) {
      assert.deepEqual(store.view()[table].get(key), original[table]?.[key], `${name}: ${table} ${key}`);
    }
    await store.close();
    const written = JSON.parse(await readFile(path, 'utf8'));
    assert.ok(Object.hasOwn(written.clients, 'new'), name);
    const names = (await readdir(own)).filter((other) => other !== 'state.json');
    if (names.length === 0) {
      delete written.clients.new;
      const empty = { clients: {}, grants: {}, access_tokens: {}, refresh_tokens: {} };
      assert.deepEqual(
        written,
        { ...empty, ...JSON.parse(new TextDecoder().decode(damaged)) },
        `${name}: not kept aside`,
      );
    } else {
      assert.match(names.join(), /^state\.json\.corrupt-[0-9a-f]{12}$/, name);
      const copy = join(own, names[0] ?? '');
      assert.deepEqual(await readFile(copy), damaged, name);
      assert.equal((await stat(copy)).mode & 0o777, 0o600);
    }
    await rm(own, { recursive: true });
  }

  /** By an own, simple reading: the records of a valid version 2 document that nothing happened to. */
  function soundRecords(damaged: Buffer): [(typeof tableNames)[number], string][] {
    try {
      const document = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(damaged));
      if (document.version !== 2) return [];
      return tableNames.flatMap((table) =>
        Object.entries(document[table] ?? {})
          .filter(([key, record]) => isDeepStrictEqual(record, original[table]?.[key]))
          .map(([key]): [typeof table, string] => [table, key]),
      );
    } catch {
      return [];
    }
  }

  test('by hand', async () => {
    const text = sound.toString();
    const deep = `${'{"x":'.repeat(20_000)}1${'}'.repeat(20_000)}`;
    const cases = [
      '',
      ' ',
      '\0'.repeat(4_096),
      'null',
      '[]',
      '"version"',
      '{}',
      '{"version":2}',
      '{"version":3,"clients":{}}',
      '{"version":1e999}',
      '{"version":2,"clients":[]}',
      '{"version":2,"clients":null,"grants":7,"access_tokens":"x","refresh_tokens":{}}',
      `{"version":2,"x":${deep}}`,
      `{"version":2,"clients":${deep}}`,
      '['.repeat(100_000),
      text.replace('{"version":2,', '{"version":2,"revoked_before":"x","revoked_before":-1e400,'),
      text.replace('"clients":{', '"clients":{"__proto__":{"client_id":"x"},'),
      text.replace('"grants":{', '"__proto__":{"clients":{}},"grants":{'),
      text.replace('"client-2":{', `"client-2":{"x":${deep},`),
      text.replace('"client-2":{', '"client-2":{"x":1e999,'),
      text.replace('"client-2":{', '"client-1":{'),
      text.replace('"expires_at":4000000000', '"expires_at":1e308'),
      text.replace('"expires_at":4000000000', '"expires_at":12345678901234567890'),
      text.replace('"scopes":[', '"scopes":[[],'),
      text.replaceAll('\n', '\r\n'),
      text.replaceAll('\n', ''),
      `\ufeff${text}`,
      `${text}${text}`,
      `${text.slice(0, -3)},"clients":{}}}`,
      JSON.stringify(JSON.parse(text), null, 2),
      text.replaceAll('"grant_id"', '"grant"'),
      text.replaceAll('client_id', 'CLIENT_ID'),
    ];
    for (const [index, damaged] of cases.entries()) await start(Buffer.from(damaged), `hand-${index}`);
  });

  test('cut off at every byte', async () => {
    const step = Math.max(1, Math.floor(sound.length / (wanted / 4)));
    for (let length = 0; length < sound.length; length += step) await start(sound.subarray(0, length), `cut-${length}`);
  });

  test('bits flipped', async () => {
    for (let index = 0; index < wanted / 2; index += 1) {
      const damaged = Buffer.from(sound);
      for (let flips = 1 + Math.floor(Math.random() * 3); flips > 0; flips -= 1) {
        const at = Math.floor(Math.random() * damaged.length);
        damaged[at] = (damaged[at] ?? 0) ^ (1 << Math.floor(Math.random() * 8));
      }
      await start(damaged, `flip-${index}`);
    }
  });

  test('values replaced by others', async () => {
    const values = ['null', '7', '-1', '1.5', '1e999', '"x"', '""', 'true', '[]', '{}', '[null]', '{"__proto__":{}}'];
    for (let index = 0; index < wanted / 4; index += 1) {
      const pattern = /"[^"\n]*"(?!:)|\d+|\[[^\]]*\]/g;
      const places = [...sound.toString().matchAll(pattern)];
      const place = places[Math.floor(Math.random() * places.length)];
      const value = values[Math.floor(Math.random() * values.length)];
      const text = sound.toString();
      const end = (place?.index ?? 0) + (place?.[0].length ?? 0);
      await start(Buffer.from(`${text.slice(0, place?.index)}${value}${text.slice(end)}`), `value-${index}`);
    }
  });
});
