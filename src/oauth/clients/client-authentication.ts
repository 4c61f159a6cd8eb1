import { hasHash } from '../../hash.js';
import type { ClientRecord } from '../../state/schema.js';
import { OAuthError } from '../errors.js';
import { ClientAssertionError, type VerifyClientAssertion } from './client-assertion.js';
import type { ClientCredentials } from './client-credentials.js';
import { FetchError } from './guarded-fetch.js';

const retryAfterSeconds = 30;

/** Resolves with the client of these credentials for `issuer`; rejects with `invalid_client` or `temporarily_unavailable`. */
export type AuthenticateClient = (credentials: ClientCredentials, issuer: string) => Promise<ClientRecord>;

/** Returns client authentication for /token and /revoke, over the clients that `find` knows. */
export function createClientAuthentication(
  find: (clientId: string) => Promise<ClientRecord | undefined>,
  verifyAssertion: VerifyClientAssertion,
): AuthenticateClient {
  return async (credentials, issuer) => {
    const client = await find(credentials.clientId);
    if (client === undefined) {
      throw new OAuthError('invalid_client', 'The client is unknown: remove the connector in the app and add it again');
    }
    if (credentials.method === 'assertion') {
      await checkAssertion(client, credentials.assertion, issuer, verifyAssertion);
    } else if (credentials.method === 'secret') checkSecret(client, credentials.secret);
    else if (client.client_secret_hash !== undefined) throw refused('The client must send its client_secret');
    else if (client.token_endpoint_auth_method === 'private_key_jwt') {
      throw refused('The client must send a client_assertion');
    }
    return client;
  };
}

/** A client with a secret may send it in the header or in the body, whichever of them it registered. */
function checkSecret(client: ClientRecord, secret: string): void {
  if (client.client_secret_hash === undefined || !hasHash(secret, client.client_secret_hash)) {
    throw refused('The client_secret is wrong, or the client has none');
  }
}

async function checkAssertion(
  client: ClientRecord,
  assertion: string,
  issuer: string,
  verify: VerifyClientAssertion,
): Promise<void> {
  if (client.client_secret_hash !== undefined) throw refused('The client must send its client_secret');
  try {
    await verify(client, assertion, issuer);
  } catch (error) {
    if (error instanceof FetchError) {
      throw new OAuthError('temporarily_unavailable', 'The keys of the client cannot be fetched; try again', {
        cause: error,
        retryAfterSeconds,
      });
    }
    if (error instanceof ClientAssertionError) throw new OAuthError('invalid_client', error.message, { cause: error });
    throw error;
  }
}

function refused(description: string): OAuthError {
  return new OAuthError('invalid_client', description);
}
