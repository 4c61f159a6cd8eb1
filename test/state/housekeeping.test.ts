import assert from 'node:assert/strict';
import { test } from 'node:test';
import { silentLog } from '../../src/log.js';
import { pruneOnce, startHousekeeping } from '../../src/state/store/housekeeping.js';
import { createMemoryStore } from '../../src/state/store/memory-store.js';
import type { StateStore } from '../../src/state/store/store.js';
import { now } from './plain-view.js';
import { putAll } from './state-fixture.js';

async function storeWithOneToken(): Promise<{ store: StateStore; updates: () => number }> {
  const memory = createMemoryStore({ now: () => now });
  let updates = 0;
  const store: StateStore = {
    ...memory,
    update: (transition) => {
      updates += 1;
      return memory.update(transition);
    },
  };
  await memory.update(
    putAll({
      clients: new Map([
        [
          'client-1',
          {
            client_id: 'client-1',
            client_id_issued_at: now,
            redirect_uris: [],
            token_endpoint_auth_method: 'none',
            approved_at: now,
          },
        ],
      ]),
      grants: new Map([
        [
          'grant-1',
          {
            client_id: 'client-1',
            scopes: [],
            resource: 'https://vault.example/mcp',
            created_at: now - 9_000,
            last_used_at: now,
            origin: 'approval',
          },
        ],
      ]),
      access_tokens: new Map([['hash', { grant_id: 'grant-1', scopes: [], created_at: now, expires_at: now + 10 }]]),
    }),
  );
  return { store, updates: () => updates };
}

test('nothing is updated while nothing is expired, and once it is, it goes', async () => {
  const { store, updates } = await storeWithOneToken();
  await pruneOnce(store, now, silentLog);
  assert.equal(updates(), 0);
  await pruneOnce(store, now + 11, silentLog);
  assert.equal(updates(), 1);
  assert.equal(store.view().access_tokens.size + store.view().grants.size, 0);
  assert.equal(store.view().clients.size, 1);
});

const hour = 3_600;

test('only what was expired for a day of its own time is pruned, whatever the clock does meanwhile', async (t) => {
  const { store, updates } = await storeWithOneToken();
  let passed = 0;
  let jump = 0;
  t.mock.timers.enable({ apis: ['setInterval'] });
  const stop = startHousekeeping({
    store,
    log: silentLog,
    now: () => now + jump + passed,
    monotonicMs: () => passed * 1_000,
    intervalMs: hour * 1_000,
  });
  t.after(stop);
  const live = async (hours: number) => {
    for (let each = 0; each < hours; each += 1) {
      passed += hour;
      t.mock.timers.tick(hour * 1_000);
      await new Promise((resolve) => setImmediate(resolve));
    }
  };
  jump = 365 * 24 * hour;
  await live(10);
  assert.equal(updates(), 0, 'a start a year ahead deletes nothing');
  jump = -365 * 24 * hour;
  await live(30);
  assert.equal(updates(), 0, 'and a clock that was set back has not expired anything');
  jump = 0;
  await live(23);
  assert.equal(updates(), 0);
  await live(4);
  assert.equal(updates(), 1);
  assert.equal(store.view().access_tokens.size, 0);
  stop();
  await live(30);
  assert.equal(updates(), 1);
});
