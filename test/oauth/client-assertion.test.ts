import assert from 'node:assert/strict';
import { test } from 'node:test';
import { exportJWK, generateKeyPair, type JWTPayload, SignJWT } from 'jose';
import {
  type ClientAssertionError,
  createClientAssertionVerifier,
  type VerifyClientAssertion,
} from '../../src/oauth/clients/client-assertion.js';
import type { ClientRecord } from '../../src/state/schema.js';

const now = 1_800_000_000;
const audience = 'https://vault.example.com/token';
const clientId = 'https://app.example.org/client.json';
const { privateKey, publicKey } = await generateKeyPair('ES256');
const other = await generateKeyPair('ES256');
const jwks = { keys: [{ ...(await exportJWK(publicKey)), kid: 'k1', alg: 'ES256' }] };
const client: ClientRecord = {
  client_id: clientId,
  client_id_issued_at: now,
  redirect_uris: ['https://app.example.org/callback'],
  token_endpoint_auth_method: 'private_key_jwt',
  jwks,
};

let counter = 0;
function sign(claims: JWTPayload = {}, key = privateKey, kid = 'k1'): Promise<string> {
  counter += 1;
  const payload = { iss: clientId, sub: clientId, aud: audience, exp: now + 60, jti: `j${counter}`, ...claims };
  return new SignJWT(payload).setProtectedHeader({ alg: 'ES256', kid }).sign(key);
}

type Verify = (client: ClientRecord, assertion: string) => Promise<void>;

function withIssuer(verify: VerifyClientAssertion): Verify {
  return (asking, assertion) => verify(asking, assertion, 'https://vault.example.com');
}

function verifier(fetchJson = async () => ({ json: jwks as unknown, maxAgeSeconds: 0 })): Verify {
  return withIssuer(createClientAssertionVerifier({ fetchJson, now: () => now }));
}
const refused = (error: unknown) => (error as ClientAssertionError).code === 'invalid_client';

test('a good assertion passes once, for the issuer or the endpoint as its audience', async () => {
  const verify = verifier();
  const assertion = await sign();
  await verify(client, assertion);
  await assert.rejects(verify(client, assertion), refused);
  await verify(client, await sign({ aud: 'https://vault.example.com' }));
});

test('an assertion of another issuer, subject, audience, key, or time is refused', async () => {
  const verify = verifier();
  for (const claims of [
    { iss: 'x' },
    { sub: 'x' },
    { aud: 'https://other.example' },
    { exp: now - 60 },
    { exp: now + 7_200 },
    { exp: undefined },
    { jti: undefined },
    { jti: '' },
    { nbf: now + 600 },
  ] as JWTPayload[]) {
    await assert.rejects(verify(client, await sign(claims)), refused, JSON.stringify(claims));
  }
  await assert.rejects(verify(client, await sign({}, other.privateKey)), refused);
});

test('alg none and a shared secret are refused', async () => {
  const verify = verifier();
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const claims = { iss: clientId, sub: clientId, aud: audience, exp: now + 60, jti: 'n' };
  await assert.rejects(verify(client, `${part({ alg: 'none' })}.${part(claims)}.`), refused);
  const symmetric = {
    ...client,
    jwks: { keys: [{ kty: 'oct', k: Buffer.alloc(32).toString('base64url'), alg: 'HS256' }] },
  };
  const signed = await new SignJWT(claims).setProtectedHeader({ alg: 'HS256' }).sign(Buffer.alloc(32));
  await assert.rejects(verify(symmetric, signed), refused);
});

test('keys of a jwks_uri are fetched once, and once more when a new key signs', async () => {
  let fetched = 0;
  let at = now;
  let served: unknown = jwks;
  const fetchJson = async () => {
    fetched += 1;
    return { json: served, maxAgeSeconds: 0 };
  };
  const verify = withIssuer(createClientAssertionVerifier({ fetchJson, now: () => at }));
  const { jwks: _jwks, ...rest } = client;
  const remote = { ...rest, jwks_uri: 'https://app.example.org/jwks.json' };
  const assertions = [await sign(), await sign()];
  await Promise.all(assertions.map((assertion) => verify(remote, assertion)));
  await verify(remote, await sign());
  assert.equal(fetched, 1);
  served = { keys: [{ ...(await exportJWK(other.publicKey)), kid: 'k2' }] };
  await assert.rejects(verify(remote, await sign({}, other.privateKey, 'k2')), refused);
  assert.equal(fetched, 1, 'a forged kid does not fetch at once');
  at += 31;
  await verify(remote, await sign({}, other.privateKey, 'k2'));
  assert.equal(fetched, 2);
});

test('a key set that cannot be had, or is none, refuses the client', async () => {
  const { jwks: _jwks, ...rest } = client;
  const remote = { ...rest, jwks_uri: 'https://app.example.org/jwks.json' };
  await assert.rejects(verifier(async () => Promise.reject(new Error('down')))(remote, await sign()), refused);
  await assert.rejects(verifier(async () => ({ json: 'x', maxAgeSeconds: 0 }))(remote, await sign()), refused);
  await assert.rejects(verifier()(rest, await sign()), refused);
});
