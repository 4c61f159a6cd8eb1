import assert from 'node:assert/strict';
import { Agent, request as sendRequest } from 'node:http';
import process from 'node:process';
import { test } from 'node:test';
import { silentLog } from '../../src/log.js';
import { createMcpEndpoint } from '../../src/mcp/create-mcp-endpoint.js';
import { FetchError } from '../../src/oauth/clients/guarded-fetch.js';
import { createAuthorizationServer } from '../../src/oauth/create-authorization-server.js';
import { createMemoryStore } from '../../src/state/store/memory-store.js';
import { isFull } from '../full.js';
import { fakeNotes } from '../mcp/fakes.js';
import { issuer } from './fake-authorization-server.js';
import { type Known, type RandomRequest, randomRequest, seededRandom } from './random-request.js';
import { type RawAnswer, sendRaw, serveApp } from './serve-app.js';

const count = isFull ? 10_000 : 400;
const seed = Number(process.env['SEED'] ?? Date.now() % 2 ** 32);
const answerMs = 10_000;
const atOnce = 8;
const pin = 'correct horse battery staple';
const callback = 'https://claude.ai/api/mcp/auth_callback';

test(`${count} random requests (SEED=${seed}): no 5xx, no stack, no hang, and the server goes on`, async (t) => {
  const store = createMemoryStore();
  const oauth = createAuthorizationServer({
    issuer,
    store,
    log: silentLog,
    pin,
    accessTokenTtlSeconds: 3_600,
    refreshTokenTtlSeconds: 3_600,
    refreshGraceSeconds: 60,
    rateLimit: true,
    fetchJson: async () => {
      throw new FetchError('nobody is asked');
    },
  });
  const mcp = createMcpEndpoint({ notes: fakeNotes({ 'a.md': '# A\n' }), log: silentLog, version: '0' });
  const server = await serveApp({ oauth, mcp, access: async () => undefined });
  const agent = new Agent({ keepAlive: true, maxSockets: atOnce });
  t.after(async () => {
    agent.destroy();
    await server.close();
  });
  const known = await prepare(server.url);
  const random = seededRandom(seed);
  for (let sent = 0; sent < count; sent += atOnce) {
    const batch = Array.from({ length: atOnce }, () => randomRequest(random, known));
    await Promise.all(batch.map(async (request) => check(request, await answerTo(server.url, agent, request))));
  }
  assert.equal((await sendRaw(`${server.url}/healthz`)).status, 200);
  assert.deepEqual(
    server.lines.filter((line) => line.includes('a request failed')),
    [],
  );
});

/** Registers a client, leaves one request at the approval page and gets a token, all as a real client does. */
async function prepare(url: string): Promise<Known> {
  const post = (path: string, body: URLSearchParams | string) =>
    fetch(`${url}${path}`, {
      method: 'POST',
      redirect: 'manual',
      body,
      ...(typeof body === 'string' ? { headers: { 'Content-Type': 'application/json' } } : {}),
    });
  const metadata = { redirect_uris: [callback], token_endpoint_auth_method: 'none' };
  const registered = await post('/register', JSON.stringify(metadata));
  const { client_id: clientId } = (await registered.json()) as { client_id: string };
  const authorize = async () => {
    const asked = await post(
      '/authorize',
      new URLSearchParams({
        response_type: 'code',
        client_id: clientId,
        redirect_uri: callback,
        code_challenge: 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URwHbuSt3rLEWs'.slice(0, 43),
        code_challenge_method: 'S256',
      }),
    );
    return new URL(asked.headers.get('location') ?? '').searchParams.get('request_id') ?? '';
  };
  const approved = await post(
    '/oauth/approve',
    new URLSearchParams({ request_id: await authorize(), pin, action: 'approve' }),
  );
  const code = new URL(approved.headers.get('location') ?? '').searchParams.get('code') ?? '';
  // RFC 7636, appendix B.
  const verifier = 'dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk';
  const exchange = { grant_type: 'authorization_code', code, client_id: clientId, code_verifier: verifier };
  const answer = await post('/token', new URLSearchParams({ ...exchange, redirect_uri: callback }));
  const { access_token: token } = (await answer.json()) as { access_token: string };
  return { clientId, requestId: await authorize(), token };
}

function check(request: RandomRequest, answer: RawAnswer): void {
  const told = `SEED=${seed} ${JSON.stringify(request).slice(0, 2_000)}\n→ ${answer.status} ${answer.body.slice(0, 500)}`;
  assert.ok(answer.status < 500 || (answer.status === 503 && answer.body.includes('temporarily_unavailable')), told);
  assert.doesNotMatch(answer.body, /\bat [^\n]*\.[jt]s:\d+|node_modules|\/src\//, told);
  const isHtml = String(answer.headers['content-type']).startsWith('text/html');
  assert.ok(!isHtml || /^\/(authorize|oauth\/approve|mcp|$)/.test(request.path.replace(/\?.*/s, '')), told);
}

function answerTo(url: string, agent: Agent, { method, path, headers, body }: RandomRequest): Promise<RawAnswer> {
  return new Promise((resolve, reject) => {
    const about = () => `SEED=${seed} ${method} ${path.slice(0, 200)} ${JSON.stringify(headers)}`;
    const { port } = new URL(url);
    // Node frames no body of DELETE, OPTIONS or TRACE by itself.
    const framing = body === undefined ? {} : { 'Content-Length': Buffer.byteLength(body) };
    const sent = sendRequest({ host: '127.0.0.1', port, path, method, agent, headers: { ...headers, ...framing } });
    const timer = setTimeout(() => sent.destroy(new Error(`no answer in ${answerMs} ms`)), answerMs);
    sent.once('error', (error) => reject(new Error(`${about()}: ${error.message}`)));
    sent.once('close', () => clearTimeout(timer));
    sent.once('response', (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (chunk: string) => {
        text += chunk;
      });
      response.once('end', () => resolve({ status: response.statusCode ?? 0, headers: response.headers, body: text }));
    });
    sent.end(body);
  });
}
