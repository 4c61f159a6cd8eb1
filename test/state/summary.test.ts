import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { summarize, summarizeClients } from '../../src/state/rules/summary.js';
import { arbitraryState, now, plainView } from './plain-view.js';

test('a summary counts what is there and shows no hash in full', () => {
  fc.assert(
    fc.property(arbitraryState, (state) => {
      const clients = [...summarizeClients(plainView(state), now)];
      assert.equal(summarize(plainView(state), now).totals.clients, state.clients.size);
      assert.equal(clients.length, state.clients.size);
      const text = JSON.stringify(clients);
      for (const hash of [...state.access_tokens.keys(), ...state.refresh_tokens.keys()]) {
        assert.ok(!text.includes(hash.slice(0, 13)));
      }
      assert.ok(!text.includes('sealed'));
    }),
  );
});
