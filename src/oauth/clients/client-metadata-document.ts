import { z } from 'zod';
import { defined } from '../../defined.js';
import { VaultMcpError } from '../../errors.js';
import { displayText } from '../../foreign-text.js';
import type { ClientRecord } from '../../state/schema.js';
import { isRedirectUri } from '../register/redirect-uris.js';

/** A Client ID Metadata Document that cannot be used; the message is fit for a page. */
export class ClientDocumentError extends VaultMcpError {
  constructor(message: string) {
    super('client_document_unusable', message);
  }
}

/** Members that this server uses; everything else of a document is dropped. */
const documentSchema = z.object({
  client_id: z.string(),
  client_name: z.string().max(500).optional(),
  redirect_uris: z.array(z.string().max(2_000)).min(1).max(10),
  token_endpoint_auth_method: z.string().optional(),
  token_endpoint_auth_methods_supported: z.array(z.string()).optional(),
  grant_types: z.array(z.string()).optional(),
  scope: z.string().max(1_000).optional(),
  jwks_uri: z.string().max(2_000).optional(),
  jwks: z.object({ keys: z.array(z.record(z.string(), z.unknown())).min(1).max(20) }).optional(),
});

/**
 * Returns the URL that a client_id names, when it has the form of a Client ID Metadata Document's
 * (draft-ietf-oauth-client-id-metadata-document, section 3): https, a path, no dot segments, no userinfo, no fragment,
 * and not on this server's own host.
 */
export function clientDocumentUrl(clientId: string, issuer: string): URL | undefined {
  if (!clientId.startsWith('https://') || clientId.length > 1_000 || !URL.canParse(clientId)) return undefined;
  const url = new URL(clientId);
  // Whatever the parser would normalise (dot segments, a default port, upper case) has no byte-identical client_id.
  if (url.href !== clientId || url.pathname === '/' || url.username !== '' || url.password !== '') return undefined;
  if (url.hash !== '' || url.host === new URL(issuer).host) return undefined;
  return url;
}

/**
 * Returns the client that a fetched document describes. Throws ClientDocumentError when the document names another
 * client_id, or wants a shared secret; its redirect URIs are returned as they stand, for the rules of registration.
 */
export function readClientDocument(clientId: string, json: unknown, now: number, maxAgeSeconds: number): ClientRecord {
  const parsed = documentSchema.safeParse(json);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    const field = issue?.path.join('.') || 'the whole of it';
    throw new ClientDocumentError(`in the client's metadata document ${field} is wrong (${issue?.message})`);
  }
  const document = parsed.data;
  const { client_name, scope, jwks_uri, jwks } = document;
  if (document.client_id !== clientId) {
    const named = displayText(document.client_id, 200);
    throw new ClientDocumentError(`the client's metadata document names another client_id, ${named}`);
  }
  const methods = [
    ...(document.token_endpoint_auth_method === undefined ? [] : [document.token_endpoint_auth_method]),
    ...(document.token_endpoint_auth_methods_supported ?? []),
  ];
  const isPublic = methods.length === 0 || methods.includes('none');
  if (!isPublic && !methods.includes('private_key_jwt')) {
    throw new ClientDocumentError("the client's metadata document offers neither none nor private_key_jwt");
  }
  if (!isPublic && jwks === undefined && jwks_uri === undefined)
    throw new ClientDocumentError("the client's metadata document has no jwks and no jwks_uri");
  const redirectUris = document.redirect_uris.filter(isRedirectUri);
  if (redirectUris.length === 0) {
    throw new ClientDocumentError(
      "the client's metadata document has no redirect URI that is https, http to the own machine, or an app's link",
    );
  }
  return {
    client_id: clientId,
    client_id_issued_at: now,
    redirect_uris: redirectUris,
    token_endpoint_auth_method: isPublic ? 'none' : 'private_key_jwt',
    grant_types: document.grant_types ?? ['authorization_code', 'refresh_token'],
    response_types: ['code'],
    ...defined({ client_name, scope, jwks_uri, jwks }),
    fetched_at: now,
    fresh_until: now + maxAgeSeconds,
  };
}
