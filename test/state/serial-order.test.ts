import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import { silentLog } from '../../src/log.js';
import { openCommandStore } from '../../src/state/store/open-command-store.js';
import { openServerStore } from '../../src/state/store/open-server-store.js';
import type { StateStore, Transition } from '../../src/state/store/store.js';
import { runs } from '../full.js';
import { client, resource, temporaryFolder } from './state-fixture.js';

const shared = 'shared';

/** Each update appends its name to a list that all share, and answers what was there before it. */
function append(name: string): Transition<readonly string[]> {
  return (draft) => {
    const before = (draft.clients.get(shared)?.['order'] ?? []) as readonly string[];
    draft.clients.put(shared, client(shared, { order: [...before, name] }));
    return before;
  };
}

test('any interleaving of updates equals a serial order: each saw exactly what came before it', async (t) => {
  const folder = await temporaryFolder(t);
  let run = 0;
  const schedule = fc.array(fc.record({ store: fc.nat(2), pauseMs: fc.nat(6) }), { minLength: 2, maxLength: 14 });
  await fc.assert(
    fc.asyncProperty(schedule, async (steps) => {
      run += 1;
      const path = join(folder, `state-${run}.json`);
      const server = await openServerStore({ path, resource, refreshTokenTtlSeconds: 1_000, log: silentLog });
      const stores: Pick<StateStore, 'update' | 'close'>[] = [
        server,
        await openCommandStore(path),
        await openCommandStore(path),
      ];
      try {
        const answers: Promise<readonly string[]>[] = [];
        for (const [index, { store, pauseMs }] of steps.entries()) {
          const target = stores[store] ?? server;
          answers.push(target.update(append(`update-${index}`)).then(({ value }) => value));
          if (pauseMs > 3) await new Promise((resolve) => setTimeout(resolve, pauseMs));
        }
        const seen = await Promise.all(answers);
        const order = (await server.freshView()).clients.get(shared)?.['order'] as string[];
        assert.deepEqual([...order].sort(), steps.map((_, index) => `update-${index}`).sort());
        for (const [index, before] of seen.entries()) {
          assert.deepEqual(before, order.slice(0, order.indexOf(`update-${index}`)));
        }
      } finally {
        for (const store of stores) await store.close();
      }
    }),
    runs(15, 200),
  );
});
