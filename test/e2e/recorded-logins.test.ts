import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import pkceChallenge from 'pkce-challenge';
import { createApp } from '../../src/http/app.js';
import { listen } from '../../src/http/listen.js';
import { silentLog } from '../../src/log.js';
import { startOfferProbe } from '../../src/oauth/clients/document-offer.js';
import { FetchError, type FetchJson } from '../../src/oauth/clients/guarded-fetch.js';
import { createAuthorizationServer } from '../../src/oauth/create-authorization-server.js';
import { createMemoryStore } from '../../src/state/store/memory-store.js';
import { sendRaw } from '../http/serve-app.js';
import { type RecordedLogin, recordedLogins } from './recorded-logins.js';

const pin = 'correct horse battery';

/** A server whose document host is up, or cut off together with the rest of the internet. */
async function serve(t: TestContext, { documentUrl, offered }: RecordedLogin) {
  const host = { isUp: offered };
  const fetchJson: FetchJson = async (url) => {
    if (!host.isUp) throw new FetchError(`${url.host} cannot be reached (ENOTFOUND)`);
    if (url.href !== documentUrl)
      throw new FetchError(`${url.host} answered with status 404, not 200`, { status: 404 });
    const redirect_uris = ['http://localhost/callback', 'http://127.0.0.1/callback'];
    const json = { client_id: documentUrl, client_name: 'Recorded', redirect_uris, token_endpoint_auth_method: 'none' };
    return { json, maxAgeSeconds: 0 };
  };
  const documentOffer = startOfferProbe({ fetchJson, log: silentLog });
  await documentOffer.recheck();
  let app: ReturnType<typeof createApp> | undefined;
  const options = { host: '127.0.0.1', port: 0, log: silentLog };
  const server = await listen((request, response) => app?.(request, response), options);
  const oauth = createAuthorizationServer({
    issuer: server.url,
    store: createMemoryStore(),
    log: silentLog,
    pin,
    accessTokenTtlSeconds: 3_600,
    refreshTokenTtlSeconds: 3_600,
    refreshGraceSeconds: 60,
    rateLimit: true,
    fetchJson,
    documentOffer,
  });
  app = createApp({
    issuer: server.url,
    oauth,
    mcp: { handle: async (_request, response) => void response.end('{}'), close: async () => {} },
    allowedHosts: [],
    trustProxy: ['loopback'],
    rateLimit: true,
    health: () => ({ state: { degraded: false }, index: { ready: true } }),
    log: silentLog,
  });
  t.after(async () => {
    documentOffer.close();
    await server.close();
  });
  return { port: server.port, oauth, host };
}

for (const login of recordedLogins) {
  for (const name of ['127.0.0.1', 'localhost']) {
    const how = login.offered ? 'by its document' : 'registers itself where this server has no way out';
    test(`${login.client}, as recorded, ${how} (${name})`, async (t) => {
      const { port, oauth, host } = await serve(t, login);
      const root = `http://${name}:${port}`;
      const first = await replay(login, port, root);
      assert.equal(oauth.authenticate(first)?.scopes.join(' '), 'vault:read vault:write offline_access');
      // Its document's host is down now: who was approved once logs in all the same.
      host.isUp = false;
      if (login.offered) assert.ok(oauth.authenticate(await replay({ ...login, offered: true }, port, root)));
    });
  }
}

/** Sends what was recorded, with this login's own values, and returns the access token at its end. */
async function replay(login: RecordedLogin, port: number, root: string): Promise<string> {
  const { code_challenge: challenge, code_verifier: verifier } = await pkceChallenge();
  const values: Record<string, string> = {
    challenge,
    verifier,
    clientId: login.documentUrl ?? '',
    redirectUri: login.redirectUri,
    resource: `${root}/mcp`,
  };
  const fill = (text: string) =>
    text.replace(/\{(\w+)\}/g, (whole, name: string) =>
      name in values ? encodeURIComponent(values[name] ?? '') : whole,
    );
  const headersOf = (headers: Readonly<Record<string, string>>) => ({ ...headers, host: new URL(root).host });
  for (const { method, path, headers, body, status } of login.requests) {
    const filled = body === undefined || body.startsWith('{"') ? body : fill(body);
    const url = `http://127.0.0.1:${port}${fill(path)}`;
    const sent = { method, headers: headersOf(headers), ...(filled === undefined ? {} : { body: filled }) };
    const answer = await sendRaw(url, sent);
    assert.equal(answer.status, status, `${method} ${path}: ${answer.body}`);
    const json = status === 302 ? {} : JSON.parse(answer.body);
    if (path.endsWith('oauth-protected-resource/mcp')) {
      assert.equal(json.resource, `${root}/mcp`, 'clients refuse any other');
      assert.deepEqual(json.authorization_servers, [root]);
    } else if (path.endsWith('oauth-authorization-server')) {
      assert.equal(json.issuer, root);
      assert.equal(json.client_id_metadata_document_supported, login.offered);
    } else if (path === '/register') values['clientId'] = json.client_id;
    else if (path === '/token') return json.access_token;
    else if (status === 302) {
      const page = new URL(String(answer.headers['location']));
      assert.equal(page.origin, root);
      const decided = await sendRaw(`http://127.0.0.1:${port}${page.pathname}`, {
        method: 'POST',
        headers: headersOf({ 'content-type': 'application/x-www-form-urlencoded', origin: root }),
        body: new URLSearchParams({
          request_id: page.searchParams.get('request_id') ?? '',
          pin,
          action: 'approve',
        }).toString(),
      });
      const callback = new URL(String(decided.headers['location']));
      assert.equal(callback.searchParams.get('iss'), root);
      assert.ok(callback.href.startsWith(`${login.redirectUri}?`));
      values['code'] = callback.searchParams.get('code') ?? '';
    }
  }
  throw new Error('the recording has no token');
}
