import { createHash } from 'node:crypto';
import type { AccessTokenRecord, ClientRecord, GrantRecord, RefreshTokenRecord } from '../../src/state/schema.js';

export const day = 24 * 3600;
export const claudeId = '3f9a1c2e-5b5b-4a55-9a6e-5d1f6c6d7e8f';
export const editorId = '77e0b1d4-0c6d-4a7e-9d63-2f7cbd7c5c6a';
export const claudeGrant = '8d1e2f3a-1111-4222-8333-444455556666';
export const editorGrant = '8d1e2f3a-9999-4222-8333-444455556666';
export const accessToken = 'a-token-that-leaked';

export interface StateDocument {
  version: number;
  revoked_before?: number;
  clients: Record<string, ClientRecord>;
  grants: Record<string, GrantRecord>;
  access_tokens: Record<string, AccessTokenRecord>;
  refresh_tokens: Record<string, RefreshTokenRecord>;
}

export function hashOf(token: string): string {
  return createHash('sha256').update(token).digest('hex');
}

/** Two approved clients with live tokens, one of them also with an expired and a spent one, and a stale registration. */
export function stateDocument(now: number): StateDocument {
  const both = ['vault:read', 'vault:write'];
  const resource = 'https://vault.example.com/mcp';
  return {
    version: 2,
    clients: {
      [claudeId]: client(claudeId, 'Claude', 'https://claude.ai/api/mcp/auth_callback', now - 12 * day, {
        approved_at: now - 12 * day,
        last_used_at: now - 190,
      }),
      [editorId]: client(editorId, 'Editor \u202e\u001b[31m日本', 'cursor://anysphere.cursor/callback', now - 3 * day, {
        approved_at: now - 3 * day,
      }),
      'never-approved': client('never-approved', null, 'http://127.0.0.1:1234/callback', now - 45 * day, {}),
    },
    grants: {
      [claudeGrant]: {
        client_id: claudeId,
        scopes: both,
        resource,
        created_at: now - 12 * day,
        last_used_at: now - 190,
        origin: 'approval',
      },
      [editorGrant]: {
        client_id: editorId,
        scopes: ['vault:read'],
        resource,
        created_at: now - 3 * day,
        last_used_at: now - 3 * day,
        origin: 'import',
      },
    },
    access_tokens: {
      [hashOf(accessToken)]: token(claudeGrant, both, now - day, now + 29 * day + 60),
      [hashOf('expired')]: token(claudeGrant, both, now - 40 * day, now - 10 * day),
    },
    refresh_tokens: {
      [hashOf('live')]: token(claudeGrant, both, now - day, now + 89 * day + 60),
      [hashOf('spent')]: {
        ...token(claudeGrant, both, now - 2 * day, now + 88 * day),
        rotated_at: now - day,
        successor: 'sealed',
      },
      [hashOf('for ever')]: { ...token(editorGrant, ['vault:read'], now - 3 * day, 0), expires_at: null },
    },
  };
}

function client(
  id: string,
  name: string | null,
  redirectUri: string,
  issuedAt: number,
  more: Partial<ClientRecord>,
): ClientRecord {
  return {
    client_id: id,
    client_id_issued_at: issuedAt,
    client_name: name,
    redirect_uris: [redirectUri],
    token_endpoint_auth_method: 'none',
    ...more,
  };
}

function token(grantId: string, scopes: readonly string[], createdAt: number, expiresAt: number): AccessTokenRecord {
  return { grant_id: grantId, scopes, created_at: createdAt, expires_at: expiresAt };
}
