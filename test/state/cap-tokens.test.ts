import assert from 'node:assert/strict';
import { test } from 'node:test';
import { capTokens, mostAccessTokens, mostSpentRefreshTokens } from '../../src/state/rules/cap-tokens.js';
import { Draft } from '../../src/state/rules/draft.js';
import { StateTables } from '../../src/state/rules/tables.js';
import { hashes, now } from './plain-view.js';

const base = { grant_id: 'grant-1', scopes: [], created_at: now, expires_at: now + 100 };

test('a grant keeps its newest 20 access tokens and 50 spent refresh tokens, and every live one', () => {
  const tables = new StateTables();
  const other = { ...base, grant_id: 'grant-2' };
  tables.apply({
    access_tokens: new Map([
      ...hashes('a', 30).map((hash, index) => [hash, { ...base, created_at: now + index }] as const),
      ...hashes('c', 30).map((hash) => [hash, other] as const),
    ]),
    refresh_tokens: new Map([
      ...hashes('b', 70).map((hash, index) => [hash, { ...base, rotated_at: now + index }] as const),
      ...hashes('d', 3).map((hash) => [hash, base] as const),
    ]),
  });
  const draft = new Draft(tables);
  draft.access_tokens.put('new', { ...base, created_at: now + 99 });
  capTokens(draft, 'grant-1');
  const access = Array.from(draft.accessTokensOf('grant-1'), ([hash]) => hash);
  assert.equal(access.length, mostAccessTokens);
  assert.ok(access.includes('new') && access.includes(hashes('a', 30).at(-1) ?? ''));
  const refresh = Array.from(draft.refreshTokensOf('grant-1'), ([hash]) => hash);
  assert.equal(refresh.length, mostSpentRefreshTokens + 3);
  for (const hash of [...hashes('d', 3), ...hashes('b', 70).slice(20)]) assert.ok(refresh.includes(hash));
  assert.equal(Array.from(draft.accessTokensOf('grant-2'), ([hash]) => hash).length, 30);
});

test('a grant below the caps is left alone', () => {
  const tables = new StateTables();
  tables.apply({
    access_tokens: new Map([['one', base]]),
    refresh_tokens: new Map([['two', { ...base, rotated_at: 1 }]]),
  });
  const draft = new Draft(tables);
  capTokens(draft, 'grant-1');
  assert.deepEqual(draft.changes(), {});
});
