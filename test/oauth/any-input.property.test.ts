import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { FormFields } from '../../src/oauth/authorization-server.js';
import { OAuthError } from '../../src/oauth/errors.js';
import { isRedirectUri } from '../../src/oauth/register/redirect-uris.js';
import { runs } from '../full.js';
import {
  authorizationParameters,
  getCode,
  logIn,
  peer,
  redirectUri,
  serverUnderTest,
  verifier,
} from './server-under-test.js';

const { numRuns } = runs(200, 5_000);
const text = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 40 }),
  fc.string({ maxLength: 40 }),
  fc.constantFrom('', '__proto__', 'constructor', '\u0000', '\ud800', 'x'.repeat(20_000), '%', '+', ':', 'null'),
);
const value = fc.oneof(text, fc.array(text, { maxLength: 3 }), fc.constant(undefined));
const names = [
  'client_id',
  'client_secret',
  'client_assertion',
  'client_assertion_type',
  'grant_type',
  'code',
  'code_verifier',
  'redirect_uri',
  'refresh_token',
  'token',
  'scope',
  'resource',
  'state',
  'response_type',
  'code_challenge',
  'code_challenge_method',
];
/** Some parameters of a good request, replaced or removed. */
const damage: fc.Arbitrary<FormFields> = fc.dictionary(fc.oneof(fc.constantFrom(...names), text), value, {
  maxKeys: 3,
});
const header = fc.oneof(
  fc.constant(undefined),
  text,
  text.map((credentials) => `Basic ${Buffer.from(credentials).toString('base64')}`),
  text.map((credentials) => `Basic ${credentials}`),
);

function isAnswerable(error: unknown): void {
  assert.ok(error instanceof OAuthError, error instanceof Error ? error.stack : String(error));
  assert.ok(error.status >= 400 && error.status < 500, error.message);
  assert.match(error.message, /^[\x20-\x21\x23-\x5b\x5d-\x7e]+$/);
}

test('whatever is sent to /token and /revoke, the answer is an OAuth error or right', async () => {
  const { server } = serverUnderTest({ rateLimit: false });
  const { clientId, tokens } = await logIn(server);
  const good = [
    { grant_type: 'refresh_token', client_id: clientId, refresh_token: tokens.refresh_token },
    {
      grant_type: 'authorization_code',
      client_id: clientId,
      code: await getCode(server, clientId),
      code_verifier: verifier,
      redirect_uri: redirectUri,
    },
    { client_id: clientId, token: 'unknown' },
  ];
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...good), damage, header, async (form, damaged, authorization) => {
      await server.token({ ...form, ...damaged }, authorization, peer).catch(isAnswerable);
      await server.revoke({ ...form, token: 'x', ...damaged }, authorization, peer).catch(isAnswerable);
    }),
    { numRuns },
  );
});

test('whatever is sent to /authorize, nobody is sent anywhere but to a registered redirect URI', async () => {
  const { server } = serverUnderTest();
  const { clientId } = await logIn(server);
  await fc.assert(
    fc.asyncProperty(damage, async (damaged) => {
      const parameters = { ...authorizationParameters(clientId), ...damaged };
      const answer = await server.authorize(parameters, peer);
      if (answer.kind === 'approval') assert.equal(server.approval(answer.requestId, peer).kind, 'pending');
      const location =
        answer.kind === 'redirect' ? answer.location : answer.kind === 'refused' ? answer.link : undefined;
      if (location === undefined) return;
      assert.ok(location.startsWith(`${redirectUri}?`), location);
      const { state } = parameters;
      if (typeof state === 'string')
        assert.equal(new URL(location).searchParams.get('state'), Buffer.from(state).toString());
    }),
    { numRuns },
  );
});

test('whatever is registered, the answer is an OAuth error or a client with usable redirect URIs', async () => {
  const { server } = serverUnderTest();
  const uri = fc.oneof(
    text,
    fc.webUrl(),
    fc.constant(redirectUri),
    text.map((rest) => `http://localhost/${rest}`),
  );
  const members = fc.record(
    {
      redirect_uris: fc.oneof(fc.array(uri, { maxLength: 12 }), fc.jsonValue()),
      client_name: fc.oneof(text, fc.jsonValue()),
      token_endpoint_auth_method: fc.oneof(fc.constantFrom('none', 'client_secret_post'), fc.jsonValue()),
      grant_types: fc.oneof(fc.constant(['authorization_code']), fc.jsonValue()),
      scope: fc.oneof(text, fc.jsonValue()),
    },
    { requiredKeys: [] },
  );
  await fc.assert(
    fc.asyncProperty(fc.oneof(members, fc.jsonValue()), async (metadata) => {
      const client = await server.register(metadata, peer).catch(isAnswerable);
      if (client === undefined) return;
      const uris = client['redirect_uris'] as string[];
      assert.ok(uris.length > 0 && uris.every(isRedirectUri));
    }),
    { numRuns },
  );
});

test('whatever is sent to the approval page, only the PIN approves', async () => {
  const { server, store } = serverUnderTest();
  const { clientId } = await logIn(server);
  const approvedAt = store.view().clients.get(clientId)?.approved_at;
  await fc.assert(
    fc.asyncProperty(text, text, fc.boolean(), text, async (requestId, pin, readOnly, browser) => {
      const parameters = authorizationParameters(clientId);
      const asked = await server.authorize(parameters, peer);
      const id = asked.kind === 'approval' ? asked.requestId : '';
      for (const one of [id, requestId]) {
        const answer = await server.decide(
          one,
          { action: 'approve', pin, readOnly },
          { ...peer, address: browser, browser },
        );
        assert.notEqual(answer.kind, 'redirect');
      }
    }),
    runs(100, 2_000),
  );
  assert.equal(store.view().clients.get(clientId)?.approved_at, approvedAt);
  assert.equal(store.view().grants.size, 1);
});
