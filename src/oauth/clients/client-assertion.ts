import type { JSONWebKeySet, JWTVerifyGetKey } from 'jose';
import * as errors from 'jose/errors';
import { createLocalJWKSet } from 'jose/jwks/local';
import { jwtVerify } from 'jose/jwt/verify';
import { dropOldest } from '../../drop-oldest.js';
import { VaultMcpError } from '../../errors.js';
import type { ClientRecord } from '../../state/schema.js';
import { FetchError, type FetchJson } from './guarded-fetch.js';

/** The value of client_assertion_type (RFC 7523, section 2.2). */
export const jwtBearerAssertionType = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';
/** Asymmetric only: a shared secret has no place in a published document. */
export const assertionAlgorithms = ['RS256', 'PS256', 'ES256', 'ES384', 'EdDSA', 'Ed25519'];

const keySetBytes = 64 * 1024;
const keySetSeconds = 300;
const refetchAfterSeconds = 30;
const longestLifeSeconds = 3_600;
const clockToleranceSeconds = 30;
const keptKeySets = 100;
const assertionsPerClient = 1_000;

/** A client assertion that proves nothing; the message names no secret. */
export class ClientAssertionError extends VaultMcpError {
  constructor(message: string, cause?: unknown) {
    super('invalid_client', message, { cause });
  }
}

export interface ClientAssertionOptions {
  fetchJson: FetchJson;
  now: () => number;
}

/**
 * Verifies `private_key_jwt` (RFC 7523): resolves for a good assertion that was never seen and is meant for `issuer` or
 * one of its endpoints, rejects with ClientAssertionError, or with FetchError when the client's keys cannot be had.
 */
export type VerifyClientAssertion = (client: ClientRecord, assertion: string, issuer: string) => Promise<void>;

/** Returns the verifier, for approved clients; it keeps fetched key sets for five minutes, and the `jti` of assertions until they expire. */
export function createClientAssertionVerifier(options: ClientAssertionOptions): VerifyClientAssertion {
  const { fetchJson, now } = options;
  const keySets = new Map<string, { keys: JWTVerifyGetKey; fetchedAt: number }>();
  const underWay = new Map<string, Promise<JWTVerifyGetKey>>();
  const seen = new Map<string, Map<string, number>>();

  async function fetchKeys(uri: string): Promise<JWTVerifyGetKey> {
    const { json } = await fetchJson(new URL(uri), keySetBytes, 'approved');
    const keys = createLocalJWKSet(json as JSONWebKeySet);
    keySets.delete(uri);
    keySets.set(uri, { keys, fetchedAt: now() });
    dropOldest(keySets, keptKeySets);
    return keys;
  }

  async function fetchedKeys(uri: string, maxAgeSeconds: number): Promise<JWTVerifyGetKey> {
    const known = keySets.get(uri);
    if (known !== undefined && now() - known.fetchedAt < maxAgeSeconds) return known.keys;
    const fetching = underWay.get(uri) ?? fetchKeys(uri).finally(() => underWay.delete(uri));
    underWay.set(uri, fetching);
    try {
      return await fetching;
    } catch (error) {
      // The client's host is out of reach: the keys it had must do, or its person would have to log in again.
      if (known !== undefined && error instanceof FetchError) return known.keys;
      throw error;
    }
  }

  async function verifyWith(client: ClientRecord, assertion: string, issuer: string, maxAgeSeconds: number) {
    const { jwks, jwks_uri: uri } = client;
    const keys =
      jwks === undefined && uri !== undefined
        ? await fetchedKeys(uri, maxAgeSeconds)
        : createLocalJWKSet(jwks as unknown as JSONWebKeySet);
    const { payload } = await jwtVerify(assertion, keys, {
      algorithms: assertionAlgorithms,
      issuer: client.client_id,
      subject: client.client_id,
      audience: [issuer, `${issuer}/token`, `${issuer}/revoke`],
      requiredClaims: ['exp', 'jti'],
      clockTolerance: clockToleranceSeconds,
      currentDate: new Date(now() * 1_000),
    });
    return payload;
  }

  return async (client, assertion, issuer) => {
    let payload: Awaited<ReturnType<typeof verifyWith>>;
    try {
      payload = await verifyWith(client, assertion, issuer, keySetSeconds).catch((error: unknown) => {
        // A key that was rotated in since: look once more, but not on every forged `kid`.
        if (error instanceof errors.JWKSNoMatchingKey)
          return verifyWith(client, assertion, issuer, refetchAfterSeconds);
        throw error;
      });
    } catch (error) {
      if (error instanceof FetchError) throw error;
      throw new ClientAssertionError('The client assertion could not be verified', error);
    }
    const { exp = 0, jti = '' } = payload;
    if (exp > now() + longestLifeSeconds + clockToleranceSeconds) {
      throw new ClientAssertionError('The client assertion lives for more than an hour');
    }
    const used = seen.get(client.client_id) ?? new Map<string, number>();
    for (const [spent, until] of used) if (until <= now()) used.delete(spent);
    if (typeof jti !== 'string' || jti === '' || jti.length > 200 || used.has(jti)) {
      throw new ClientAssertionError('The client assertion was used before, or has no usable jti');
    }
    if (used.size >= assertionsPerClient) throw new ClientAssertionError('The client uses too many assertions an hour');
    used.set(jti, exp + clockToleranceSeconds);
    seen.set(client.client_id, used);
    for (const [clientId, all] of seen) if (all.size === 0) seen.delete(clientId);
  };
}
