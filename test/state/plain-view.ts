import fc from 'fast-check';
import { Draft } from '../../src/state/rules/draft.js';
import type {
  AccessTokenRecord,
  ChangeSet,
  ClientRecord,
  GrantRecord,
  RefreshTokenRecord,
  StateView,
} from '../../src/state/schema.js';
import { tableNames } from '../../src/state/schema.js';

export interface PlainState {
  revokedBefore?: number | undefined;
  clients: Map<string, ClientRecord>;
  grants: Map<string, GrantRecord>;
  access_tokens: Map<string, AccessTokenRecord>;
  refresh_tokens: Map<string, RefreshTokenRecord>;
}

/** A view over plain maps, slow and obvious. */
export function plainView(state: PlainState): StateView {
  return {
    revokedBefore: state.revokedBefore,
    clients: state.clients,
    grants: state.grants,
    access_tokens: state.access_tokens,
    refresh_tokens: state.refresh_tokens,
    grantsOf: (id) => [...state.grants].filter(([, grant]) => grant.client_id === id),
    accessTokensOf: (id) => [...state.access_tokens].filter(([, token]) => token.grant_id === id),
    refreshTokensOf: (id) => [...state.refresh_tokens].filter(([, token]) => token.grant_id === id),
  };
}

/** Runs `change` on a draft over the state. */
export function changeState<T>(
  state: PlainState,
  change: (draft: Draft) => T,
): { value: T; changes: ChangeSet; after: PlainState } {
  const draft = new Draft(plainView(state));
  const value = change(draft);
  const changes = draft.changes();
  return { value, changes, after: applyChanges(state, changes) };
}

export function applyChanges(state: PlainState, changes: ChangeSet): PlainState {
  const next: PlainState = {
    revokedBefore: changes.revoked_before ?? state.revokedBefore,
    clients: new Map(state.clients),
    grants: new Map(state.grants),
    access_tokens: new Map(state.access_tokens),
    refresh_tokens: new Map(state.refresh_tokens),
  };
  for (const name of tableNames) {
    const table = next[name] as Map<string, unknown>;
    for (const [key, record] of changes[name] ?? []) {
      if (record === null) table.delete(key);
      else table.set(key, record);
    }
  }
  return next;
}

export const now = 2_000_000_000;
const day = 24 * 3600;

/** Six clients, eight grants and thirty tokens at most, some of them orphans, expired, spent or never expiring. */
export const arbitraryState: fc.Arbitrary<PlainState> = fc
  .record({
    clients: fc.dictionary(fc.constantFrom(...names('client', 6)), arbitraryClient(), { maxKeys: 6 }),
    grants: fc.dictionary(fc.constantFrom(...names('grantx', 8)), arbitraryGrant(), { maxKeys: 8 }),
    access: fc.dictionary(fc.constantFrom(...hashes('a', 15)), arbitraryToken(false), { maxKeys: 15 }),
    refresh: fc.dictionary(fc.constantFrom(...hashes('b', 15)), arbitraryToken(true), { maxKeys: 15 }),
  })
  .map(({ clients, grants, access, refresh }) => ({
    clients: new Map(Object.entries(clients).map(([id, client]) => [id, { ...client, client_id: id }])),
    grants: new Map(Object.entries(grants)),
    access_tokens: new Map(Object.entries(access) as [string, AccessTokenRecord][]),
    refresh_tokens: new Map(Object.entries(refresh)),
  }));

export function names(prefix: string, count: number): string[] {
  return Array.from({ length: count }, (_, index) => `${prefix}-${index}`);
}
export function hashes(digit: string, count: number): string[] {
  return Array.from({ length: count }, (_, index) => index.toString(16).padStart(8, '0') + digit.repeat(56));
}

function moment(): fc.Arbitrary<number> {
  return fc.constantFrom(now - 40 * day, now - 30 * day, now - day, now - 60, now - 1, now);
}

function arbitraryClient(): fc.Arbitrary<ClientRecord> {
  return fc.record({ issued: moment(), approved: fc.boolean() }).map(({ issued, approved }) => ({
    client_id: '',
    client_id_issued_at: issued,
    redirect_uris: ['http://127.0.0.1/callback'],
    token_endpoint_auth_method: 'none',
    ...(approved ? { approved_at: issued } : {}),
  }));
}

function arbitraryGrant(): fc.Arbitrary<GrantRecord> {
  return fc
    .record({ client: fc.constantFrom(...names('client', 6)), created: moment() })
    .map(({ client, created }) => ({
      client_id: client,
      scopes: ['vault:read'],
      resource: 'https://vault.example/mcp',
      created_at: created,
      last_used_at: created,
      origin: 'approval' as const,
    }));
}

function arbitraryToken(refresh: boolean): fc.Arbitrary<RefreshTokenRecord> {
  return fc
    .record({
      grant: fc.constantFrom(...names('grantx', 8)),
      expires: fc.constantFrom(now - day, now, now + 1, now + day, ...(refresh ? [null] : [])),
      spent: fc.boolean(),
    })
    .map(({ grant, expires, spent }) => ({
      grant_id: grant,
      scopes: ['vault:read'],
      created_at: now - 2 * day,
      expires_at: expires,
      ...(refresh && spent ? { rotated_at: now - day, successor: 'sealed' } : {}),
    }));
}
