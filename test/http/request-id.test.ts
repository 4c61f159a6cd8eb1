import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createLog } from '../../src/log.js';
import { createAuthorizationServer } from '../../src/oauth/create-authorization-server.js';
import { createMemoryStore } from '../../src/state/store/memory-store.js';
import { authorizationParameters, issuer, pin, redirectUri, verifier } from '../oauth/server-under-test.js';
import { type RawAnswer, sendRaw, serveApp } from './serve-app.js';

/** Returns what a line says of its request's id. */
const idReaders = {
  text: (line: string) => / request=([\w-]+)/.exec(line)?.[1],
  json: (line: string) => (JSON.parse(line) as { request?: string }).request,
};

for (const format of ['text', 'json'] as const) {
  test(`a refused PIN and a refused code have the id of their request, as ${format}`, async (t) => {
    const lines: string[] = [];
    const log = createLog({ format, level: 'debug', destination: { write: (line) => lines.push(line) } });
    const oauth = createAuthorizationServer({
      issuer,
      store: createMemoryStore(),
      log,
      pin,
      accessTokenTtlSeconds: 3_600,
      refreshTokenTtlSeconds: 86_400,
      refreshGraceSeconds: 3_600,
      rateLimit: true,
    });
    const server = await serveApp({ issuer, oauth, log });
    const answered: string[] = [];
    t.after(server.close);

    const send = async (path: string, form?: Record<string, string>): Promise<RawAnswer> => {
      const type = 'application/x-www-form-urlencoded';
      const posted = { method: 'POST', headers: { 'Content-Type': type }, body: String(new URLSearchParams(form)) };
      const answer = await sendRaw(`${server.url}${path}`, form === undefined ? {} : posted);
      answered.push(String(answer.headers['x-request-id']));
      return answer;
    };
    const idOf = (message: string) => {
      const found = lines.filter((line) => line.includes(message));
      assert.equal(found.length, 1, message);
      return idReaders[format](found[0] as string);
    };

    const registered = await sendRaw(`${server.url}/register`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ redirect_uris: [redirectUri], token_endpoint_auth_method: 'none' }),
    });
    assert.equal(idOf('registered a client'), registered.headers['x-request-id']);
    const clientId = String(JSON.parse(registered.body).client_id);
    const asked = await send(`/authorize?${new URLSearchParams(authorizationParameters(clientId))}`);
    const requestId = new URL(String(asked.headers['location'])).searchParams.get('request_id') ?? '';

    const wrong = await send('/oauth/approve', { request_id: requestId, action: 'approve', pin: 'x' });
    assert.equal(wrong.status, 403);
    assert.equal(idOf('wrong PIN'), wrong.headers['x-request-id']);
    const approved = await send('/oauth/approve', { request_id: requestId, action: 'approve', pin });
    assert.equal(idOf('approved a client'), approved.headers['x-request-id']);

    const code = new URL(String(approved.headers['location'])).searchParams.get('code') ?? '';
    const form = { grant_type: 'authorization_code', client_id: clientId, code, code_verifier: verifier };
    const issued = await send('/token', { ...form, redirect_uri: redirectUri });
    assert.equal(idOf('issued tokens'), issued.headers['x-request-id']);
    const refused = await send('/token', { ...form, redirect_uri: redirectUri });
    assert.equal(refused.status, 400);
    assert.equal(idOf('refused a code that was just used'), refused.headers['x-request-id']);

    await server.close();
    const own = lines.filter((line) => line.includes('answered')).map(idReaders[format]);
    for (const id of answered) assert.ok(own.includes(id), 'the line of the request itself');
  });
}
