import assert from 'node:assert/strict';
import { test } from 'node:test';
import { exportJWK, generateKeyPair, type JWTPayload, SignJWT } from 'jose';
import { silentLog } from '../../src/log.js';
import { FetchError, type FetchJson } from '../../src/oauth/clients/guarded-fetch.js';
import { accessTeamUrl, createAccessVerifier } from '../../src/oauth/cloudflare-access.js';

const teamUrl = 'https://team.cloudflareaccess.com';
const audience = '32eafc76';
const pair = await generateKeyPair('RS256');
const other = await generateKeyPair('RS256');
const jwks = { keys: [{ ...(await exportJWK(pair.publicKey)), kid: 'k1', alg: 'RS256' }] };

function verifier(fetchJson: FetchJson = async () => ({ json: jwks, maxAgeSeconds: 0 })) {
  const allow = ['owner@example.com', 'abc.access'];
  const verify = createAccessVerifier({ teamUrl, audience, allow, scopes: ['vault:read'], log: silentLog, fetchJson });
  return (assertion: string) => verify(assertion, 'r1');
}

function sign(claims: JWTPayload = {}, key = pair.privateKey, kid = 'k1'): Promise<string> {
  const exp = Math.floor(Date.now() / 1000) + 60;
  const payload = { iss: teamUrl, aud: [audience], type: 'app', email: 'Owner@example.com', exp, ...claims };
  return new SignJWT(payload).setProtectedHeader({ alg: 'RS256', kid }).sign(key);
}

test('a listed person or service token comes in with the configured scopes', async () => {
  const verify = verifier();
  assert.deepEqual((await verify(await sign()))?.scopes, ['vault:read']);
  assert.equal(
    (await verify(await sign({ email: '', common_name: 'abc.access' })))?.clientId,
    'cloudflare-access:abc.access',
  );
});

test('anything else is refused', async () => {
  const verify = verifier();
  for (const claims of [
    { email: 'thief@example.com' },
    { email: undefined },
    { aud: ['other'] },
    { iss: 'https://other.cloudflareaccess.com' },
    { type: 'org' },
    { type: undefined },
    { exp: 1_000 },
    { exp: undefined },
  ] as JWTPayload[]) {
    assert.equal(await verify(await sign(claims)), undefined, JSON.stringify(claims));
  }
  assert.equal(await verify(await sign({}, other.privateKey)), undefined, 'forged');
  assert.equal(await verify(await sign({}, pair.privateKey, 'k9')), undefined, 'unknown key');
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const claims = { iss: teamUrl, aud: [audience], type: 'app', email: 'owner@example.com', exp: 9_999_999_999 };
  assert.equal(await verify(`${part({ alg: 'none' })}.${part(claims)}.`), undefined, 'alg none');
  assert.equal(await verify('garbage'), undefined);
});

test('keys that cannot be fetched let nobody in', async () => {
  assert.equal(await verifier(() => Promise.reject(new FetchError('down')))(await sign()), undefined);
  for (const json of ['no', null, {}, { keys: [] }, { keys: [{}] }]) {
    assert.equal(await verifier(async () => ({ json, maxAgeSeconds: 0 }))(await sign()), undefined);
  }
});

test('a team is named by its name or its host', () => {
  assert.equal(accessTeamUrl('Team'), teamUrl);
  assert.equal(accessTeamUrl('team.cloudflareaccess.com'), teamUrl);
  for (const wrong of ['', 'a b', 'evil.example.com', 'https://team.cloudflareaccess.com', '-a']) {
    assert.equal(accessTeamUrl(wrong), undefined, wrong);
  }
});
