import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  hasLiveToken,
  isUnexpired,
  type Pruned,
  pruneExpired,
  unapprovedClientTtlSeconds,
} from '../../src/state/rules/prune.js';
import { arbitraryState, changeState, now, type PlainState, plainView } from './plain-view.js';

function prune(state: PlainState, at: number): { after: PlainState; pruned: Pruned } {
  const { after, value } = changeState(state, (draft) => pruneExpired(draft, at));
  return { after, pruned: value };
}

test('a second prune at the same moment changes nothing', () => {
  fc.assert(
    fc.property(arbitraryState, (state) => {
      const once = prune(state, now).after;
      const { after, pruned } = prune(once, now);
      assert.deepEqual(after, once);
      assert.deepEqual(pruned, { clients: [], grants: [], access_tokens: [], refresh_tokens: [] });
    }),
  );
});

test('prune never removes anything live', () => {
  fc.assert(
    fc.property(arbitraryState, (state) => {
      const view = plainView(state);
      const after = prune(state, now).after;
      for (const [id, grant] of state.grants) {
        if (!state.clients.has(grant.client_id) || !hasLiveToken(view, id, now)) continue;
        assert.deepEqual(after.grants.get(id), grant);
        assert.ok(after.clients.has(grant.client_id));
        for (const [hash, token] of view.accessTokensOf(id)) {
          assert.equal(after.access_tokens.has(hash), isUnexpired(token, now));
        }
        for (const [hash, token] of view.refreshTokensOf(id)) {
          assert.equal(after.refresh_tokens.has(hash), isUnexpired(token, now));
        }
      }
      for (const [id, client] of state.clients) if (client.approved_at !== undefined) assert.ok(after.clients.has(id));
    }),
  );
});

test('after a prune nothing is expired and every token has its grant, every grant its client', () => {
  fc.assert(
    fc.property(arbitraryState, (state) => {
      const after = prune(state, now).after;
      for (const grant of after.grants.values()) assert.ok(after.clients.has(grant.client_id));
      for (const token of [...after.access_tokens.values(), ...after.refresh_tokens.values()]) {
        assert.ok(after.grants.has(token.grant_id));
        assert.ok(isUnexpired(token, now));
      }
    }),
  );
});

test('a client that once had a grant keeps its registration for ever', () => {
  fc.assert(
    fc.property(arbitraryState, (state) => {
      let current = state;
      for (const later of [now, now + unapprovedClientTtlSeconds, now + 3 * unapprovedClientTtlSeconds]) {
        current = prune(current, later).after;
      }
      for (const grant of state.grants.values()) {
        if (state.clients.has(grant.client_id)) assert.ok(current.clients.has(grant.client_id));
      }
    }),
  );
});

test('a registration that nobody approved goes after 30 days, not a second earlier', () => {
  const client = {
    client_id: 'client-0',
    client_id_issued_at: now,
    redirect_uris: [],
    token_endpoint_auth_method: 'none',
  };
  const state: PlainState = {
    clients: new Map([['client-0', client]]),
    grants: new Map(),
    access_tokens: new Map(),
    refresh_tokens: new Map(),
  };
  assert.deepEqual(prune(state, now + unapprovedClientTtlSeconds - 1).pruned.clients, []);
  assert.deepEqual(prune(state, now + unapprovedClientTtlSeconds).pruned.clients, ['client-0']);
});
