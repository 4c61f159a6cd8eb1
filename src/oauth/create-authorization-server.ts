import { randomBytes } from 'node:crypto';
import { createAudit } from '../audit.js';
import { pinStrength, weakPinLength } from '../pin-strength.js';
import type { ClientRecord } from '../state/schema.js';
import { createApproval } from './approve/approval.js';
import { createAuthorize } from './approve/authorize.js';
import type { AuthorizationServer } from './authorization-server.js';
import { createClientAssertionVerifier } from './clients/client-assertion.js';
import { createClientAuthentication } from './clients/client-authentication.js';
import { createClientDocuments } from './clients/client-documents.js';
import { alwaysOffered } from './clients/document-offer.js';
import { findStoredClient } from './clients/find-client.js';
import { createGuardedFetch } from './clients/guarded-fetch.js';
import type { AuthorizationServerOptions, Core } from './core.js';
import { warnOfForeignGrants } from './foreign-grants.js';
import { Codes } from './memory/codes.js';
import { PendingRequests } from './memory/pending-requests.js';
import { createPinGuard } from './memory/pin-guard.js';
import { authorizationServerMetadata, protectedResourceMetadata, protectedResourceMetadataUrl } from './metadata.js';
import { createRegister } from './register/register.js';
import { createGrantCheck, createResourceCheck, resourceOf } from './resource.js';
import { vaultScopeRules } from './scopes.js';
import { createAuthenticate } from './tokens/authenticate.js';
import { createRevoke } from './tokens/revoke-token.js';
import { createToken } from './tokens/token.js';

/** Returns the OAuth 2.1 authorization server of one resource; it keeps all that must last in `store`. */
export function createAuthorizationServer(options: AuthorizationServerOptions): AuthorizationServer {
  const { issuer, store, log, pin, formerIssuers = [], resourcePath: path = '/mcp' } = options;
  const { fetchJson = createGuardedFetch(), resourceName: name = 'vault-mcp' } = options;
  const isOurResource = createResourceCheck([issuer, ...formerIssuers], path);
  const shared = {
    scopeRules: vaultScopeRules,
    audit: createAudit({ log }),
    keepAddresses: true,
    documentOffer: alwaysOffered,
    now: () => Math.floor(Date.now() / 1_000),
    uptime: () => performance.now() / 1_000,
    ...options,
  };
  const { now, uptime, scopeRules, documentOffer } = shared;
  const isOff = () => documentOffer.state() === 'off';
  const documents = createClientDocuments({ issuer, fetchJson, isOff, now });
  const core: Core = {
    ...shared,
    resource: resourceOf(issuer, path),
    isOurResource,
    isOurGrant: createGrantCheck(isOurResource),
    documents,
    pending: new PendingRequests(),
    codes: new Codes(),
    startedAt: uptime(),
    random: randomBytes,
  };
  if (pinStrength(pin) === 'weak') {
    log.warn(`the PIN has fewer than ${weakPinLength} characters; a longer one is harder to guess`);
  }
  /** Another server may have registered it a moment ago: the file is looked at before a client is refused. */
  async function findClientAfresh(clientId: string): Promise<ClientRecord | undefined> {
    const known = await findStoredClient(store.view(), clientId, documents);
    return known ?? findStoredClient(await store.freshView(), clientId, documents);
  }
  warnOfForeignGrants(core);
  const authenticateClient = createClientAuthentication(
    findClientAfresh,
    createClientAssertionVerifier({ fetchJson, now }),
  );
  const protectedResource = { name, path, scopes: scopeRules.ofResource };
  return {
    issuer,
    resource: core.resource,
    formerIssuers,
    resourceMetadataUrl: (asked) => protectedResourceMetadataUrl(asked, path),
    metadata: (asked) => authorizationServerMetadata(asked, scopeRules.supported, documentOffer.isOffered()),
    resourceMetadata: (asked) => protectedResourceMetadata(asked, protectedResource),
    ...createAuthenticate(core),
    register: createRegister(core),
    authorize: createAuthorize(core),
    ...createApproval(core, createPinGuard(pin, options.isMadePin ?? false)),
    token: createToken(core, authenticateClient, options.rateLimit),
    revoke: createRevoke(core, authenticateClient),
  };
}
