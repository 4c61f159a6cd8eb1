import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type Revoked, RevokeError, type RevokeTarget, revoke as revokeOn } from '../../src/state/rules/revoke.js';
import type { ChangeSet } from '../../src/state/schema.js';
import { arbitraryState, changeState, hashes, names, now, type PlainState } from './plain-view.js';

interface Revocation {
  readonly after: PlainState;
  readonly changes: ChangeSet;
  readonly revoked: Revoked;
}

function revoke(state: PlainState, target: RevokeTarget, at: number): Revocation {
  const { value: revoked, ...rest } = changeState(state, (draft) => revokeOn(draft, [target], at));
  return { ...rest, revoked };
}

const target: fc.Arbitrary<RevokeTarget> = fc.oneof(
  fc.record({ kind: fc.constant('client' as const), id: fc.constantFrom(...names('client', 6)), forget: fc.boolean() }),
  fc.record({ kind: fc.constant('grant' as const), id: fc.constantFrom(...names('grantx', 8)) }),
  fc.record({ kind: fc.constant('token' as const), hash: fc.constantFrom(...hashes('a', 15), ...hashes('b', 15)) }),
  fc.constant({ kind: 'all' as const }),
);

test('a repeated revocation ends nothing more, and moves on only the moment before which approvals are void', () => {
  fc.assert(
    fc.property(arbitraryState, target, (state, what) => {
      const once = attempt(() => revoke(state, what, now));
      if (once === undefined) return;
      const after = once.after;
      const again = attempt(() => revoke(after, what, now));
      if (again === undefined) return;
      assert.deepEqual(again.revoked.grants, []);
      assert.deepEqual(withoutMoments(again.after), withoutMoments(after));
    }),
  );
});

test('a revocation ends whole families and touches no other', () => {
  fc.assert(
    fc.property(arbitraryState, target, (state, what) => {
      const result = attempt(() => revoke(state, what, now));
      if (result === undefined) return;
      const after = result.after;
      const ended = new Set(result.revoked.grants);
      for (const [id, grant] of state.grants) assert.equal(after.grants.get(id), ended.has(id) ? undefined : grant);
      let gone = 0;
      for (const table of ['access_tokens', 'refresh_tokens'] as const) {
        for (const [hash, token] of state[table]) {
          if (ended.has(token.grant_id)) assert.ok(!after[table].has(hash));
          else if (what.kind === 'client' || what.kind === 'grant') assert.ok(after[table].has(hash));
          if (!after[table].has(hash)) gone += 1;
        }
      }
      assert.equal(gone, result.revoked.access_tokens + result.revoked.refresh_tokens);
      if (what.kind === 'token') assert.ok(!after.access_tokens.has(what.hash) && !after.refresh_tokens.has(what.hash));
      if (what.kind === 'all')
        assert.equal(after.grants.size + after.access_tokens.size + after.refresh_tokens.size, 0);
    }),
  );
});

test("a client's revocation keeps its registration and voids what came before; --forget deletes it", () => {
  fc.assert(
    fc.property(arbitraryState, fc.boolean(), (state, forget) => {
      for (const [id, client] of state.clients) {
        const { after } = revoke(state, { kind: 'client', id, forget }, now);
        const moment = Math.max(now, (client.revoked_before ?? 0) + 1);
        assert.deepEqual(after.clients.get(id), forget ? undefined : { ...client, revoked_before: moment });
        assert.ok([...after.grants.values()].every((grant) => grant.client_id !== id));
      }
    }),
  );
});

test('revoke all voids approvals from before, and always moves that moment on', () => {
  const empty = { clients: new Map(), grants: new Map(), access_tokens: new Map(), refresh_tokens: new Map() };
  assert.equal(revoke(empty, { kind: 'all' }, now).changes.revoked_before, now);
  for (const known of [now, now + 5]) {
    const { changes } = revoke({ ...empty, revokedBefore: known }, { kind: 'all' }, now);
    assert.deepEqual(changes, { revoked_before: known + 1 });
  }
});

const token = { grant_id: 'grantx-0', scopes: [], created_at: 0, expires_at: now };
const state = {
  clients: new Map(),
  grants: new Map(),
  access_tokens: new Map([
    [`abcdef1${'0'.repeat(57)}`, token],
    [`abcdef2${'0'.repeat(57)}`, token],
  ]),
  refresh_tokens: new Map(),
};

test('a unique prefix of six characters works, in either case', () => {
  const { changes } = revoke(state, { kind: 'token', hash: 'ABCDEF1' }, now);
  assert.deepEqual([...(changes.access_tokens ?? [])], [[`abcdef1${'0'.repeat(57)}`, null]]);
});

test('a prefix that is long enough for a whole grant id is still a prefix', () => {
  const id = '0123456789abcdef0123456789abcdef';
  const grant = {
    client_id: 'c',
    scopes: [],
    resource: 'r',
    created_at: 0,
    last_used_at: 0,
    origin: 'approval' as const,
  };
  const view = { ...state, grants: new Map([[id, grant]]) };
  for (const length of [6, 21, 22, 31, 32]) {
    const { revoked } = revoke(view, { kind: 'grant', id: id.slice(0, length) }, now);
    assert.deepEqual(revoked.grants, [id], `${length} characters`);
  }
});

test('an ambiguous prefix lists the candidates', () => {
  assert.throws(
    () => revoke(state, { kind: 'token', hash: 'abcdef' }, now),
    (error) =>
      error instanceof RevokeError &&
      error.code === 'revoke_ambiguous' &&
      error.hint === 'candidates: abcdef100000, abcdef200000',
  );
});

test('an absent full hash or grant id is nothing to revoke; an absent prefix or client is an error', () => {
  assert.equal(revoke(state, { kind: 'token', hash: 'c'.repeat(64) }, now).revoked.matched, false);
  const grant = revoke(state, { kind: 'grant', id: '0b9ac1a4-5b5b-4a55-9a6e-5d1f6c6d7e8f' }, now);
  assert.equal(grant.revoked.matched, false);
  const absent: RevokeTarget[] = [
    { kind: 'token', hash: 'cccccc' },
    { kind: 'token', hash: 'abcde' },
    { kind: 'grant', id: '0b9ac1a4' },
    { kind: 'client', id: '0b9ac1a4-5b5b-4a55-9a6e-5d1f6c6d7e8f', forget: false },
  ];
  for (const what of absent) {
    assert.throws(() => revoke(state, what, now), { code: 'revoke_not_found' });
  }
});

function withoutMoments(state: PlainState): unknown {
  const clients = [...state.clients].map(([id, { revoked_before: _moment, ...client }]) => [id, client]);
  return { ...state, clients, revokedBefore: undefined };
}

function attempt<T>(action: () => T): T | undefined {
  try {
    return action();
  } catch (error) {
    if (error instanceof RevokeError) return undefined;
    throw error;
  }
}
