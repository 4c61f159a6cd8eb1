import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import * as oauth from 'oauth4webapi';
import { approve } from './approve.js';
import { logIn, refreshLogin, registerClient } from './log-in.js';
import { bin, freePort, pin, scratchFolder, startServer } from './server-process.js';

const run = promisify(execFile);
const insecure = { [oauth.allowInsecureRequests]: true } as const;
const redirectUri = 'http://127.0.0.1:9/callback';

/** oauth4webapi checks every answer against the RFCs, and throws at the first that is off. */
for (const [method, name] of [
  ['none', '127.0.0.1'],
  ['client_secret_post', '127.0.0.1'],
  ['client_secret_basic', '127.0.0.1'],
  ['none', 'localhost'],
] as const) {
  test(`oauth4webapi (${method}, ${name}): discovery, registration, code, refresh, revocation`, async (t) => {
    const folder = await scratchFolder();
    t.after(folder.remove);
    const vault = join(folder.path, 'notes');
    await mkdir(vault);
    await writeFile(join(vault, 'note.md'), '# Note\n\nSomething to read here.\n');
    const statePath = join(folder.path, 'state.json');
    const server = await startServer({
      port: await freePort(),
      args: ['--vault-path', vault, '--state-path', statePath],
    });
    t.after(() => server.stop('SIGKILL'));
    const root = server.url.replace('127.0.0.1', name);
    const resourceUrl = new URL('/mcp', root);

    const challenged = await fetch(resourceUrl, { method: 'POST' });
    assert.equal(challenged.status, 401);
    assert.match(challenged.headers.get('www-authenticate') ?? '', /resource_metadata="/);
    const resource = await oauth.processResourceDiscoveryResponse(
      resourceUrl,
      await oauth.resourceDiscoveryRequest(resourceUrl, insecure),
    );
    const issuer = new URL(resource.authorization_servers?.[0] ?? '');
    const as = await oauth.processDiscoveryResponse(
      issuer,
      await oauth.discoveryRequest(issuer, { algorithm: 'oauth2', ...insecure }),
    );
    assert.equal(as.issuer, root);

    const client = await oauth.processDynamicClientRegistrationResponse(
      await oauth.dynamicClientRegistrationRequest(
        as,
        { client_name: 'Strict', redirect_uris: [redirectUri], token_endpoint_auth_method: method },
        insecure,
      ),
    );
    const secret = typeof client['client_secret'] === 'string' ? client['client_secret'] : '';
    const authentication = {
      none: oauth.None,
      client_secret_post: () => oauth.ClientSecretPost(secret),
      client_secret_basic: () => oauth.ClientSecretBasic(secret),
    }[method]();

    const verifier = oauth.generateRandomCodeVerifier();
    const state = oauth.generateRandomState();
    const asked = new URL(as.authorization_endpoint ?? '');
    asked.search = new URLSearchParams({
      client_id: client.client_id,
      redirect_uri: redirectUri,
      response_type: 'code',
      code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
      code_challenge_method: 'S256',
      state,
      resource: resourceUrl.href,
    }).toString();
    const callback = await approve(asked, pin);
    const answered = oauth.validateAuthResponse(as, client, callback, state);
    const exchange = () =>
      oauth.authorizationCodeGrantRequest(as, client, authentication, answered, redirectUri, verifier, {
        ...insecure,
        additionalParameters: { resource: resourceUrl.href },
      });
    const tokens = await oauth.processAuthorizationCodeResponse(as, client, await exchange());
    assert.ok(tokens.refresh_token);
    assert.equal(await call(resourceUrl, tokens.access_token), 200);

    const refreshed = await oauth.processRefreshTokenResponse(
      as,
      client,
      await oauth.refreshTokenGrantRequest(as, client, authentication, tokens.refresh_token, insecure),
    );
    assert.ok(refreshed.refresh_token);
    assert.equal(await call(resourceUrl, refreshed.access_token), 200);

    const saved = await readFile(statePath, 'utf8');
    const secrets = [tokens.access_token, tokens.refresh_token, refreshed.access_token, refreshed.refresh_token];
    if (secret !== '') secrets.push(secret);
    for (const text of [saved, server.output()]) {
      for (const hidden of [...secrets, pin, verifier]) assert.ok(!text.includes(hidden), 'a secret in the open');
    }

    await oauth.processRevocationResponse(
      await oauth.revocationRequest(as, client, authentication, refreshed.refresh_token, insecure),
    );
    assert.equal(await call(resourceUrl, refreshed.access_token), 401, 'revoking a refresh token ends its grant');
    await assert.rejects(async () =>
      oauth.processRefreshTokenResponse(
        as,
        client,
        await oauth.refreshTokenGrantRequest(as, client, authentication, refreshed.refresh_token ?? '', insecure),
      ),
    );
  });
}

test('what the operator revokes beside the running server is dead within a second, and stays dead after a restart', async (t) => {
  const folder = await scratchFolder();
  t.after(folder.remove);
  const vault = join(folder.path, 'notes');
  await mkdir(vault);
  const statePath = join(folder.path, 'state.json');
  const port = await freePort();
  const args = ['--vault-path', vault, '--state-path', statePath];
  let server = await startServer({ port, args });
  t.after(() => server.stop('SIGKILL'));
  const resourceUrl = new URL('/mcp', server.url);
  const login = await logIn(server.url);
  assert.equal(await call(resourceUrl, login.accessToken), 200);

  const revoke = ['state', 'revoke', '--state-path', statePath, '--client', login.clientId];
  const revoked = await run(process.execPath, [bin, ...revoke]);
  assert.match(revoked.stdout, /^ended 1 grant, /);
  const until = Date.now() + 1_000;
  let status = 200;
  while (status === 200 && Date.now() < until) status = await call(resourceUrl, login.accessToken);
  assert.equal(status, 401);

  // A save of the server afterwards must not bring it back, nor a restart.
  await registerClient(server.url);
  await server.stop('SIGTERM');
  server = await startServer({ port, args });
  assert.equal(await call(resourceUrl, login.accessToken), 401);
  await assert.rejects(refreshLogin(server.url, login), /invalid_grant/);
});

async function call(endpoint: URL, token: string): Promise<number> {
  const response = await fetch(endpoint, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${token}`,
      'content-type': 'application/json',
      accept: 'application/json, text/event-stream',
      'mcp-protocol-version': '2025-06-18',
    },
    body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/list' }),
  });
  await response.text();
  return response.status;
}
