import assert from 'node:assert/strict';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import * as oauth from 'oauth4webapi';
import pkceChallenge from 'pkce-challenge';
import { holdSocket, terminate } from '../http/held-socket.js';
import { chromiumPath, launchBrowser } from './browser.js';
import { connectV1, connectV2 } from './connect.js';
import { logIn, registerClient } from './log-in.js';
import { fetchThrough, findProxy, publicHost, startProxy } from './proxy-process.js';
import { bin, pin, scratchFolder } from './server-process.js';

const url = `https://${publicHost}`;
const restarts = 3;
const callsAtOnce = 4;

for (const name of ['nginx', 'caddy'] as const) {
  const skip = findProxy(name) === undefined ? `needs ${name}, as in .ci/run` : false;

  test(`${name}: logins, calls of both eras, streams and restarts through docs/proxies`, { skip }, async (t) => {
    const server = await serveBehind(t, url);
    const proxy = await startProxy(name, server.port, join(server.folder, name));
    t.after(proxy.stop);
    const send = fetchThrough(proxy);
    const legacy = await connectV1(url, send);
    t.after(() => legacy.close());
    const modern = await connectV2(url, send);
    t.after(() => modern.close());
    await modern.listen?.();

    // Some clients keep all that they know in the state, which then is in a header of the answer.
    const { accessToken } = await logIn(url, send, 's'.repeat(6_000));
    let isDone = false;
    let calls = 0;
    const callOn = async () => {
      while (!isDone) {
        const answer = await readNote(send, accessToken);
        assert.equal(answer.status, 200);
        assert.match(await answer.text(), /Some words/);
        calls += 1;
      }
    };
    const load = Promise.all(Array.from({ length: callsAtOnce }, callOn));
    for (let restart = 0; restart < restarts; restart++) {
      await server.restart();
      const before = calls;
      await Promise.race([load, until(() => calls >= before + 10)]);
    }
    isDone = true;
    await load;
    t.diagnostic(`${calls} calls over ${restarts} restarts`);
    for (const client of [legacy, modern]) {
      assert.match(await client.read('a.md'), /Some words/);
      assert.equal(client.login.logins, 1, 'nobody logs in again');
    }
    assert.doesNotMatch(server.printed(), /is ignored|requests arrive for host/);
  });

  test(`${name}: a forged X-Forwarded-For buys no further requests`, { skip }, async (t) => {
    const server = await serveBehind(t, url);
    const proxy = await startProxy(name, server.port, join(server.folder, name));
    t.after(proxy.stop);
    const send = fetchThrough(proxy);
    const statuses: number[] = [];
    for (let number = 1; number <= 61; number++) {
      const answer = await send(`${url}/register`, {
        method: 'POST',
        headers: { 'Content-Type': 'application/json', 'X-Forwarded-For': `203.0.113.${number}` },
        body: JSON.stringify({ redirect_uris: ['http://127.0.0.1:9/callback'] }),
      });
      await answer.text();
      statuses.push(answer.status);
    }
    assert.deepEqual([statuses[59], statuses[60]], [201, 429]);
  });

  test(`${name}: in front of a server that has another name, it gets 421 and the log says why`, { skip }, async (t) => {
    const server = await serveBehind(t, 'https://notes.example.net');
    const proxy = await startProxy(name, server.port, join(server.folder, name));
    t.after(proxy.stop);
    const answer = await fetchThrough(proxy)(`${url}/.well-known/oauth-protected-resource`);
    assert.equal(answer.status, 421);
    assert.match(await answer.text(), /misdirected_request/);
    await until(() => server.printed().includes(`allow it with --allowed-hosts "${publicHost}"`));
  });
}

/** nginx as a funnel that mounts a path, and takes it off: metadata of the host's root never comes through. */
function mountPath(configuration: string): string {
  return configuration
    .replace('location / {', 'location /notes/ {')
    .replace('proxy_pass http://vault_mcp;', 'proxy_pass http://vault_mcp/;');
}

for (const [what, name, options] of [
  ['two vaults on one host', 'nginx', { file: 'nginx-path.conf' }],
  ['two vaults on one host', 'caddy', { file: 'Caddyfile-path' }],
  ['a funnel that mounts a path', 'nginx', { change: mountPath }],
] as const) {
  const skip = findProxy(name) === undefined ? `needs ${name}, as in .ci/run` : false;
  test(`${name}, ${what}: SDK clients of both eras log in below the path`, { skip }, async (t) => {
    const issuer = `${url}/notes`;
    const server = await serveBehind(t, issuer);
    const proxy = await startProxy(name, server.port, join(server.folder, name), options);
    t.after(proxy.stop);
    const send = fetchThrough(proxy);
    for (const connect of [connectV1, connectV2]) {
      const client = await connect(issuer, send);
      t.after(() => client.close());
      assert.match(await client.read('a.md'), /Some words/);
      assert.equal(client.login.logins, 1);
    }
    if ('file' in options) await discoverStrictly(issuer, send);
    assert.equal((await send(`${url}/elsewhere/mcp`, { method: 'POST' })).status, 404);
  });
}

/** oauth4webapi looks where the RFCs put metadata and nowhere else, and compares what it finds byte by byte. */
async function discoverStrictly(issuer: string, send: typeof fetch): Promise<void> {
  const options = { [oauth.customFetch]: (input: string, init: object) => send(input, init as RequestInit) };
  const endpoint = new URL(`${issuer}/mcp`);
  const resource = await oauth.processResourceDiscoveryResponse(
    endpoint,
    await oauth.resourceDiscoveryRequest(endpoint, options),
  );
  assert.deepEqual(resource.authorization_servers, [issuer]);
  for (const algorithm of ['oauth2', 'oidc'] as const) {
    const found = await oauth.discoveryRequest(new URL(issuer), { algorithm, ...options });
    const server = await oauth.processDiscoveryResponse(new URL(issuer), found);
    assert.equal(server.token_endpoint, `${issuer}/token`);
  }
}

test('nginx with a path and hardening headers: a browser that hides where it comes from can approve', {
  skip:
    findProxy('nginx') === undefined || chromiumPath === undefined ? 'needs nginx and Chromium, as in .ci/run' : false,
}, async (t) => {
  const issuer = `${url}/notes`;
  const server = await serveBehind(t, issuer);
  const harden = (configuration: string) =>
    configuration.replace(
      'proxy_buffering off;',
      'proxy_buffering off; add_header Referrer-Policy no-referrer always; add_header X-Content-Type-Options nosniff always;',
    );
  const options = { file: 'nginx-path.conf', change: harden };
  const proxy = await startProxy('nginx', server.port, join(server.folder, 'nginx'), options);
  t.after(proxy.stop);
  const send = fetchThrough(proxy);
  const clientId = await registerClient(issuer, send);
  const browser = await launchBrowser({ [publicHost]: proxy.port });
  t.after(() => browser.close());
  const page = await (await browser.newContext({ ignoreHTTPSErrors: true, javaScriptEnabled: false })).newPage();
  let origin: string | undefined;
  page.on('request', (request) => {
    if (request.method() === 'POST') void request.allHeaders().then((headers) => (origin = headers['origin']));
  });
  const asked = new URL(`${issuer}/authorize`);
  asked.search = new URLSearchParams({
    response_type: 'code',
    client_id: clientId,
    code_challenge: (await pkceChallenge()).code_challenge,
    code_challenge_method: 'S256',
  }).toString();
  const answered = page.waitForResponse((response) => response.request().method() === 'POST');
  await page.goto(asked.href);
  await page.getByLabel('PIN', { exact: true }).fill(pin);
  await page.getByRole('button', { name: 'Approve' }).click();
  const answer = await answered;
  assert.equal(answer.status(), 302, server.printed());
  assert.match(answer.headers()['location'] ?? '', /^http:\/\/127\.0\.0\.1:9\/callback\?code=/);
  await until(() => origin !== undefined);
  assert.equal(origin, 'null', 'the header does what it was put there for');
});

interface Served {
  readonly port: number;
  readonly folder: string;
  printed(): string;
  restart(): Promise<void>;
}

/** Serves one note under a public name, on a socket that is held here over restarts, as systemd does. */
async function serveBehind(t: TestContext, issuer: string): Promise<Served> {
  const folder = await scratchFolder();
  t.after(folder.remove);
  const vault = join(folder.path, 'notes');
  await mkdir(vault);
  await writeFile(join(vault, 'a.md'), '# A note\n\nSome words.\n');
  const held = holdSocket();
  t.after(held.close);
  const state = join(folder.path, 'state.json');
  const command = [
    process.execPath,
    bin,
    'serve',
    '--vault-path',
    vault,
    '--state-path',
    state,
    '--issuer-url',
    issuer,
  ];
  let printed = '';
  const start = async (): Promise<ChildProcess> => {
    const started = held.start(command, { OAUTH_PIN: pin });
    for (const stream of [started.stdout, started.stderr]) {
      stream?.on('data', (chunk: Buffer) => {
        printed += chunk.toString('utf8');
      });
    }
    await once(started.stdout ?? started, 'data');
    return started;
  };
  let server = await start();
  t.after(() => terminate(server));
  return {
    port: held.port,
    folder: folder.path,
    printed: () => printed,
    restart: async () => {
      assert.equal(await terminate(server), 0, printed);
      server = await start();
    },
  };
}

function readNote(send: typeof fetch, token: string): Promise<Response> {
  return send(`${url}/mcp`, {
    method: 'POST',
    headers: {
      Authorization: `Bearer ${token}`,
      'Content-Type': 'application/json',
      Accept: 'application/json, text/event-stream',
    },
    body: JSON.stringify({
      jsonrpc: '2.0',
      id: 1,
      method: 'tools/call',
      params: { name: 'vault_read', arguments: { file_path: 'a.md' } },
    }),
  });
}

async function until(isTrue: () => boolean): Promise<void> {
  const endsMs = performance.now() + 10_000;
  while (!isTrue()) {
    assert.ok(performance.now() < endsMs, 'it did not come');
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
