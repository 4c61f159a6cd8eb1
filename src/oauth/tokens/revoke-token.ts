import { sha256Hex } from '../../hash.js';
import { Draft } from '../../state/rules/draft.js';
import { fingerprint } from '../../state/rules/summary.js';
import { aboutRequest } from '../about-request.js';
import type { AuthorizationServer, FormFields, Peer } from '../authorization-server.js';
import type { AuthenticateClient } from '../clients/client-authentication.js';
import { type ClientCredentials, readClientCredentials } from '../clients/client-credentials.js';
import type { Core } from '../core.js';
import { OAuthError } from '../errors.js';
import { required } from '../form-fields.js';
import { refuseWhileUnread } from '../unread.js';
import { noteRefusal } from './token.js';

const retryAfterSeconds = 10;

/**
 * Ends the grant of a refresh token, rotated or not, or one access token alone (RFC 7009, section 2.1). Returns
 * false when there was nothing to end. Throws `invalid_grant` for a token of another client.
 */
export function revokeToken(draft: Draft, hash: string, clientId: string): boolean {
  const refreshToken = draft.refresh_tokens.get(hash);
  const token = refreshToken ?? draft.access_tokens.get(hash);
  const grant = token && draft.grants.get(token.grant_id);
  if (token === undefined || grant === undefined) return false;
  if (grant.client_id !== clientId) throw new OAuthError('invalid_grant', 'The token was issued to another client');
  if (refreshToken === undefined) draft.access_tokens.delete(hash);
  else draft.endGrant(refreshToken.grant_id);
  return true;
}

/** Returns the revocation endpoint (RFC 7009). */
export function createRevoke(core: Core, authenticateClient: AuthenticateClient): AuthorizationServer['revoke'] {
  return async (form, authorization, peer) => {
    refuseWhileUnread(core.store);
    const credentials = readClientCredentials(form, authorization);
    try {
      await revoke(credentials, form, peer);
    } catch (error) {
      if (error instanceof OAuthError) noteRefusal(core, credentials.clientId, form, peer, error);
      throw error;
    }
  };

  async function revoke(credentials: ClientCredentials, form: FormFields, peer: Peer): Promise<void> {
    const { client_id: clientId } = await authenticateClient(credentials, peer.issuer ?? core.issuer);
    const hash = sha256Hex(required(form, 'token'));
    const end = (draft: Draft) => revokeToken(draft, hash, clientId);
    const { value: isKnown } = new Draft(core.store.view()).attempt(end);
    // Dead from here on, however long the disk takes.
    if (isKnown) core.store.defer((draft) => void end(draft));
    const { value: isRevoked, durable } = await core.store.update(end);
    if (isKnown || isRevoked) {
      core.log.info('revoked a token', { ...aboutRequest(core, clientId, peer), token: fingerprint(hash), durable });
    }
    if (!durable) {
      throw new OAuthError('temporarily_unavailable', 'The token is revoked, but this cannot be saved yet; try again', {
        retryAfterSeconds,
      });
    }
  }
}
