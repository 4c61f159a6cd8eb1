import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { silentLog } from '../../src/log.js';
import {
  alwaysOffered,
  type DocumentOffer,
  neverOffered,
  startOfferProbe,
} from '../../src/oauth/clients/document-offer.js';
import { createGuardedFetch, FetchError, type FetchJson } from '../../src/oauth/clients/guarded-fetch.js';
import { approve, ask, getCode, issuer, peer, redirectUri, serverUnderTest } from './server-under-test.js';

const clientId = 'https://app.example.org/oauth/client.json';
const document = { client_id: clientId, client_name: 'App', redirect_uris: [redirectUri] };

/** Outbound https that can be cut and mended. */
function outbound() {
  const state = { asked: [] as string[], isCut: false };
  const fetchJson: FetchJson = async (url) => {
    state.asked.push(url.href);
    if (state.isCut) throw new FetchError(`${url.host} cannot be reached (ENOTFOUND)`);
    if (url.href === clientId) return { json: document, maxAgeSeconds: 0 };
    throw new FetchError(`${url.host} answered with status 403, not 200`, { status: 403 });
  };
  return { state, fetchJson };
}

/** The metadata of a server whose offer is `offer`. */
function promises(offer: DocumentOffer): boolean {
  const { server } = serverUnderTest({ documentOffer: offer });
  const metadata = server.metadata(issuer);
  const offered = metadata['client_id_metadata_document_supported'] === true;
  const algorithms = [
    metadata['token_endpoint_auth_signing_alg_values_supported'],
    metadata['revocation_endpoint_auth_signing_alg_values_supported'],
  ];
  const methods = metadata['token_endpoint_auth_methods_supported'] as string[];
  assert.equal(methods.includes('private_key_jwt'), offered);
  for (const list of algorithms) assert.equal(Array.isArray(list), offered, 'old SDKs choke on them');
  return offered;
}

test('documents are promised only while a probe gets out, and after a failure one looks again soon', async () => {
  const { state, fetchJson } = outbound();
  const lines: string[] = [];
  const log = { ...silentLog, warn: (line: string) => lines.push(line), info: (line: string) => lines.push(line) };
  let nowMs = 0;
  const offer = startOfferProbe({ fetchJson, log, nowMs: () => nowMs });
  assert.equal(promises(offer), false, 'nothing is promised before it is known');
  await offer.recheck();
  assert.equal(promises(offer), true, 'any answer is a way out');
  assert.equal(state.asked.length, 1);
  await offer.recheck();
  assert.equal(state.asked.length, 1, 'not at every failure of a stranger');
  nowMs += 30_000;
  state.isCut = true;
  await offer.recheck();
  assert.equal(promises(offer), false);
  assert.match(lines.join('\n'), /outbound https does not work/);
  nowMs += 30_000;
  await offer.recheck();
  state.isCut = false;
  nowMs += 30_000;
  await offer.recheck();
  offer.close();
  assert.equal(promises(offer), true);
  assert.equal(lines.length, 2, lines.join('\n'));
  assert.equal(promises(neverOffered), false);
  state.isCut = true;
  const always = startOfferProbe({ fetchJson, log: silentLog, always: true });
  await always.recheck();
  assert.equal(promises(always), true, 'the operator said so');
  assert.equal(always.state(), 'no_way_out', 'the page says why it does not work all the same');
  always.close();
});

test('without a way out the page says that it is this server, for a known client nothing changes', async () => {
  const { state, fetchJson } = outbound();
  const offer = startOfferProbe({ fetchJson, log: silentLog });
  const { server, lines, clock } = serverUnderTest({ fetchJson, documentOffer: offer });
  await approve(server, await ask(server, clientId));
  state.isCut = true;
  clock.now += 3_600;
  assert.ok(await getCode(server, clientId), 'its stored document serves');
  const stranger = clientId.replace('client.json', 'other.json');
  const hasWayOut = alwaysOffered;
  const noWayOut: DocumentOffer = { ...alwaysOffered, state: () => 'no_way_out' };
  for (const [documentOffer, title, text] of [
    [hasWayOut, /The app cannot be identified/, /this server could not fetch that\. Try again later/],
    [noWayOut, /This server cannot reach the internet/, /no fault of the app.*registers here/],
    [neverOffered, /The app cannot be identified/, /this server fetches none.*registers here/],
  ] as const) {
    const other = serverUnderTest({ fetchJson, documentOffer });
    const answer = await other.server.authorize({ client_id: stranger }, peer);
    assert.ok(answer.kind === 'refused');
    assert.match(answer.title, title);
    assert.match(answer.description, text);
  }
  assert.ok(lines.every((line) => !line.includes('outbound https does not work')));
  offer.close();
});

test('switched off, no document is fetched, and approved clients go on', async () => {
  const { state, fetchJson } = outbound();
  const underTest = serverUnderTest({ fetchJson });
  await approve(underTest.server, await ask(underTest.server, clientId));
  underTest.clock.now += 3_600;
  underTest.restart({ documentOffer: neverOffered });
  const asked = state.asked.length;
  assert.ok(await getCode(underTest.server, clientId));
  assert.equal((await underTest.server.authorize({ client_id: `${clientId}2` }, peer)).kind, 'refused');
  assert.equal(state.asked.length, asked);
});

test('every failed fetch says the same to a stranger, and the log says why', async () => {
  const answers = new Set<string>();
  for (const failure of [
    new FetchError('10.0.0.1 is not on the public internet'),
    new FetchError('app.example.org did not answer within 5 seconds'),
    new FetchError('app.example.org cannot be reached (ECONNREFUSED)'),
    new FetchError('app.example.org answered with status 500, not 200', { status: 500 }),
    new FetchError('app.example.org answered with status 404, not 200', { status: 404 }),
    new FetchError('app.example.org answered with status 410, not 200', { status: 410 }),
    new FetchError('app.example.org is not on port 443'),
  ]) {
    const { server, lines } = serverUnderTest({ fetchJson: async () => Promise.reject(failure) });
    answers.add(JSON.stringify(await server.authorize({ client_id: clientId }, peer)));
    assert.ok(lines.some((line) => line.includes(failure.message)));
  }
  assert.equal(answers.size, 1);
});

test('only port 443 is dialled', async () => {
  const { server, lines } = serverUnderTest({ fetchJson: createGuardedFetch() });
  const answer = await server.authorize({ client_id: 'https://app.example.org:8443/client.json' }, peer);
  assert.equal(answer.kind, 'refused');
  assert.ok(lines.some((line) => line.includes('is not on port 443')));
});

test('through a proxy: CONNECT, its refusal is outbound https does not work, and names of the inside are not asked of it', async (t) => {
  const tunnels: string[] = [];
  const proxy = createServer().on('connect', ({ url = '' }, socket) => {
    tunnels.push(url);
    socket.end('HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n');
  });
  proxy.listen(0, '127.0.0.1');
  await once(proxy, 'listening');
  t.after(() => proxy.close());
  const proxyUrl = new URL(`http://127.0.0.1:${(proxy.address() as AddressInfo).port}`);
  const resolve = async (host: string) => {
    if (host === 'inside.example') return [{ address: '10.0.0.1', family: 4 }];
    throw new Error('no name server');
  };
  const fetchJson = createGuardedFetch({ resolve, proxyFor: () => proxyUrl });
  const ask_ = (url: string) => fetchJson(new URL(url), 5_120, 'anybody');
  await assert.rejects(ask_('https://app.example.org/client'), (error) => {
    assert.ok(error instanceof FetchError);
    assert.equal(error.wasAnswered, false, error.message);
    return true;
  });
  assert.deepEqual(tunnels, ['app.example.org:443']);
  for (const host of [
    'inside.example',
    'router',
    'printer.local',
    'db.internal',
    'localhost',
    '127.0.0.1',
    '10.0.0.1',
  ]) {
    await assert.rejects(ask_(`https://${host}/client`), /not on the public internet/, host);
  }
  assert.equal(tunnels.length, 1);
});
