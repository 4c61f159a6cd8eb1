import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { AuthorizationServer, Decision, Peer } from '../../src/oauth/authorization-server.js';
import { OAuthError } from '../../src/oauth/errors.js';
import { fakeAuthorizationServer, issuer, pending } from './fake-authorization-server.js';
import { sendRaw as send, serveApp } from './serve-app.js';

const form = { 'Content-Type': 'application/x-www-form-urlencoded' };
const sendRaw: typeof send = (url, options = {}) =>
  send(url, { ...options, headers: { Host: new URL(issuer).host, ...options.headers } });
const callback = 'https://claude.ai/api/mcp/auth_callback?code=a%20b&state=s';

async function serve(replaced: Partial<AuthorizationServer> = {}, rateLimit = false) {
  const server = await serveApp({ oauth: fakeAuthorizationServer(replaced), rateLimit });
  const decide = (body: string, headers: Record<string, string> = {}) =>
    sendRaw(`${server.url}/oauth/approve`, { method: 'POST', headers: { ...form, ...headers }, body });
  return { ...server, decide };
}

test('/authorize leads to the approval page at the issuer, by GET and by POST, without CORS', async (t) => {
  const server = await serve();
  t.after(server.close);
  const answers = [
    await sendRaw(`${server.url}/authorize?client_id=x`, { headers: { Origin: 'https://claude.ai' } }),
    await sendRaw(`${server.url}/authorize`, { method: 'POST', headers: form, body: 'client_id=x' }),
  ];
  for (const { status, headers } of answers) {
    assert.equal(status, 302);
    assert.equal(headers['location'], `${issuer}/oauth/approve?request_id=pending`);
    assert.equal(headers['access-control-allow-origin'], undefined);
  }
  const preflight = await sendRaw(`${server.url}/authorize`, { method: 'OPTIONS' });
  assert.equal(preflight.status, 405);
});

test('the page cannot be framed, limits no form target, and keeps its address to its own origin', async (t) => {
  const server = await serve();
  t.after(server.close);
  const { status, headers, body } = await sendRaw(`${server.url}/oauth/approve?request_id=pending`);
  assert.equal(status, 200);
  assert.equal(headers['content-type'], 'text/html; charset=utf-8');
  const policy = String(headers['content-security-policy']);
  assert.match(policy, /default-src 'none'/);
  assert.match(policy, /frame-ancestors 'none'/);
  assert.doesNotMatch(policy, /form-action|unsafe/);
  assert.equal(headers['referrer-policy'], 'same-origin');
  assert.equal(headers['cross-origin-opener-policy'], undefined);
  assert.equal(headers['cache-control'], 'no-store');
  assert.match(body, /They go to <span class="host">claude\.ai<\/span>/);
  assert.match(body, /Never approved before/);
  assert.ok(body.indexOf('claude.ai') < body.indexOf('“<bdi>Claude</bdi>”'));
  assert.match(body, /<form method="post" action="approve"/);
  assert.doesNotMatch(body, /<script|maxlength/);
});

test('what strangers wrote is text on the page', async (t) => {
  const nasty = `<img src=x onerror=alert(1)>"'&`;
  const server = await serve({
    approval: () => ({ ...pending, requestId: nasty, clientName: nasty, clientHost: nasty, redirectHost: nasty }),
    authorize: async () => ({
      kind: 'refused',
      status: 400,
      error: nasty,
      title: nasty,
      description: nasty,
      link: `https://x.example/?a="><script>`,
    }),
  });
  t.after(server.close);
  const page = await sendRaw(`${server.url}/oauth/approve?request_id=x`);
  const refused = await sendRaw(`${server.url}/authorize`);
  assert.equal(refused.status, 400);
  for (const { body } of [page, refused]) {
    assert.doesNotMatch(body, /<img|<script/);
    assert.match(body, /&#60;img src=x onerror=alert\(1\)&#62;&#34;&#39;&#38;/);
  }
});

test('the page says when it was approved before, what is loopback, and what cannot be narrowed', async (t) => {
  const server = await serve({
    approval: (requestId) => ({
      ...pending,
      redirectHost: requestId === 'app' ? 'cursor:' : 'localhost:1',
      redirectsToLoopback: requestId !== 'app',
      scopes: ['vault:read'],
      lastApprovedAt: 1_790_000_000,
    }),
  });
  t.after(server.close);
  const { body } = await sendRaw(`${server.url}/oauth/approve?request_id=loopback`);
  assert.match(body, /Last approved on <time [^>]*>21 September 2026/);
  assert.match(body, /A program on the computer you are using now/);
  assert.doesNotMatch(body, /type="radio"/);
  const app = await sendRaw(`${server.url}/oauth/approve?request_id=app`);
  assert.match(app.body, /handles “cursor:” links/);
});

test('a decision comes from the issuer or without an Origin, and is redirected with the cookie of the browser', async (t) => {
  const seen: [string, Decision, Omit<Peer, 'requestId'>][] = [];
  const server = await serve({
    decide: async (requestId, decision, peer) => {
      const { requestId: _id, ...origin } = peer;
      seen.push([requestId, decision, origin]);
      return { kind: 'redirect', location: callback, browser: 'ab12' };
    },
  });
  t.after(server.close);
  const answer = await server.decide('request_id=pending&pin=1+2&action=approve&read_only=on', { Origin: issuer });
  assert.equal(answer.status, 302);
  assert.equal(answer.headers['location'], callback);
  assert.equal(answer.body, '');
  const hidden = { Origin: 'null', 'Sec-Fetch-Site': 'same-origin' };
  assert.equal((await server.decide('request_id=pending&action=deny', hidden)).status, 302, 'a hardening proxy');
  seen.pop();
  const [cookie] = answer.headers['set-cookie'] ?? [];
  assert.match(
    String(cookie),
    /^vault-mcp-browser=ab12; Max-Age=31536000; Path=\/oauth\/approve; .*HttpOnly; Secure; SameSite=Lax$/,
  );
  await server.decide('request_id=pending&action=deny', { Cookie: 'a=b; vault-mcp-browser=ab12; c=d' });
  for (const origin of ['null', 'https://evil.example', 'http://vault.example.com', 'https://vault.example.com:444']) {
    for (const site of [undefined, 'cross-site', 'same-site', 'none', 'same-origin']) {
      if (origin === 'null' && site === 'same-origin') continue;
      const headers = { Origin: origin, ...(site === undefined ? {} : { 'Sec-Fetch-Site': site }) };
      const before = server.lines.length;
      const refused = await server.decide('request_id=pending&action=approve&pin=typed-pin', headers);
      assert.equal(refused.status, 403, `${origin} ${site}`);
      const logged = server.lines.slice(before).find((line) => line.includes('refused a form')) ?? '';
      assert.ok(logged.includes(`its Origin is ${origin}`), logged);
      assert.ok(!logged.includes('typed-pin'));
    }
  }
  assert.deepEqual(seen, [
    ['pending', { action: 'approve', pin: '1 2', readOnly: true }, { address: '127.0.0.1', issuer }],
    ['pending', { action: 'deny', pin: '', readOnly: false }, { address: '127.0.0.1', issuer, browser: 'ab12' }],
  ]);
});

test('a wrong PIN keeps the choice and says what is left; a locked one says how long', async (t) => {
  const server = await serve({
    decide: async (_id, { pin }) =>
      pin === 'locked'
        ? { kind: 'locked', request: pending, retryAfterSeconds: 61 }
        : { kind: 'wrong_pin', request: pending, attemptsLeft: 1 },
  });
  t.after(server.close);
  const wrong = await server.decide('request_id=pending&action=approve&pin=my-secret&read_only=on');
  assert.equal(wrong.status, 403);
  assert.match(wrong.body, /Wrong PIN: one attempt left/);
  assert.match(wrong.body, /value="on" checked/);
  assert.doesNotMatch(wrong.body, /my-secret/);
  const locked = await server.decide('request_id=pending&action=approve&pin=locked');
  assert.equal(locked.status, 429);
  assert.equal(locked.headers['retry-after'], '61');
  assert.match(locked.body, /Wait 2 minutes/);
});

test('a request that is gone or done explains itself, and a broken form is refused', async (t) => {
  const server = await serve({
    approval: (id) => (id === 'done' ? { kind: 'done' } : { kind: 'gone' }),
  });
  t.after(server.close);
  for (const query of ['', '?request_id=', '?request_id=old', '?request_id=a&request_id=b']) {
    const gone = await sendRaw(`${server.url}/oauth/approve${query}`);
    assert.equal(gone.status, 410, query);
    assert.match(gone.body, /the server was restarted.*connect again/s);
  }
  const done = await sendRaw(`${server.url}/oauth/approve?request_id=done`);
  assert.equal(done.status, 200);
  assert.match(done.body, /already answered/);
  for (const body of [
    '',
    'request_id=a',
    'action=approve',
    'request_id=a&action=x',
    'request_id=a&request_id=b&action=deny',
  ]) {
    assert.equal((await server.decide(body)).status, 400, body);
  }
  assert.equal((await server.decide(`request_id=${'a'.repeat(20_000)}`)).status, 413);
  assert.equal((await server.decide('request_id=old&action=deny')).status, 410);
  const reasons = server.lines.filter((line) => line.includes('warn: refused a form'));
  assert.equal(reasons.length, 7, 'each refusal has a line');
  for (const reason of ['it is incomplete', 'The body is too large.', 'unknown, expired, answered or revoked']) {
    assert.ok(
      reasons.some((line) => line.includes(reason)),
      reason,
    );
  }
});

test('failures are pages as well', async (t) => {
  const server = await serve({
    authorize: async () => {
      throw new OAuthError('temporarily_unavailable', 'Later', { retryAfterSeconds: 3 });
    },
    decide: async () => {
      throw new Error('boom');
    },
  });
  t.after(server.close);
  const later = await sendRaw(`${server.url}/authorize`);
  assert.equal(later.status, 503);
  assert.equal(later.headers['retry-after'], '3');
  const failed = await server.decide('request_id=pending&action=approve');
  assert.equal(failed.status, 500);
  for (const { headers, body } of [later, failed]) {
    assert.match(String(headers['content-type']), /^text\/html/);
    assert.doesNotMatch(body, /boom| at /);
  }
  assert.ok(server.lines.some((line) => /a request failed .*reason=boom/.test(line)));
});

test('/authorize is limited per address', async (t) => {
  const server = await serve({}, true);
  t.after(server.close);
  for (let i = 0; i < 120; i++) await sendRaw(`${server.url}/authorize`);
  const over = await sendRaw(`${server.url}/authorize`);
  assert.equal(over.status, 429);
  assert.match(String(over.headers['content-type']), /^text\/html/);
  assert.ok(Number(over.headers['retry-after']) > 0);
  const other = await sendRaw(`${server.url}/authorize`, { headers: { 'X-Forwarded-For': '198.51.100.9' } });
  assert.equal(other.status, 302);
});

test('after an answer to an app link the page says so and has the link; nothing of the form stays', async (t) => {
  const link = 'obsidian://cb?code=a%20b&state=s';
  const server = await serve({
    decide: async (_id, { action }) => ({
      kind: 'redirect',
      location: action === 'approve' ? link : 'raycast:cb?error=access_denied',
    }),
  });
  t.after(server.close);
  const approved = await server.decide('request_id=pending&action=approve&pin=my-secret');
  assert.equal(approved.status, 200);
  assert.equal(approved.headers['location'], undefined);
  const escaped = link.replace('&', '&#38;');
  assert.ok(approved.body.includes(`<meta http-equiv="refresh" content="0;url=${escaped}">`));
  assert.ok(approved.body.includes(`<a class="button main" href="${escaped}">Back to the app (obsidian:)</a>`));
  assert.match(approved.body, />Approved</);
  assert.doesNotMatch(approved.body, /my-secret|<form|type="password"/);
  const denied = await server.decide('request_id=pending&action=deny');
  assert.match(denied.body, />Denied<.*Nothing was approved/s);
});

test('a locked request shows the minutes left and no PIN, also when it is opened anew', async (t) => {
  const locked = { ...pending, lockedSeconds: 601, expiresAt: Math.floor(Date.now() / 1_000) + 590 };
  const server = await serve({
    approval: (id) => (id === 'pending' ? locked : { ...locked, expiresAt: locked.expiresAt + 600 }),
  });
  t.after(server.close);
  const page = await sendRaw(`${server.url}/oauth/approve?request_id=pending`);
  assert.equal(page.status, 429);
  assert.equal(page.headers['retry-after'], '601');
  assert.match(page.body, /Wait 11 minutes\. Then go back to the app/);
  assert.match(page.body, /value="deny"/);
  assert.doesNotMatch(page.body, /type="password"|value="approve"|Try again/);
  const later = await sendRaw(`${server.url}/oauth/approve?request_id=later`);
  assert.match(later.body, /Then try again here.*href="\?request_id=pending">Try again</s);
});

test('the page says all that is granted, and can show what is typed without a script', async (t) => {
  const server = await serve({ decide: async () => ({ kind: 'wrong_pin', request: pending, attemptsLeft: 3 }) });
  t.after(server.close);
  const { body } = await sendRaw(`${server.url}/oauth/approve?request_id=pending`);
  for (const word of ['List', 'search', 'read', 'write', 'edit', 'move', 'delete'])
    assert.ok(body.includes(word), word);
  assert.match(body, /href="\?request_id=pending&#38;show_pin=on">Show PIN/);
  const shown = await sendRaw(`${server.url}/oauth/approve?request_id=pending&show_pin=on`);
  assert.match(shown.body, /<input id="pin" name="pin" type="text" autocomplete="off"/);
  const again = await server.decide('request_id=pending&action=approve&pin=x&show_pin=on');
  assert.match(again.body, /type="text".*name="show_pin" value="on"/s);
});

test("a browser on the server's own machine may use the loopback name, whatever the public URL is", async (t) => {
  const peers: Peer[] = [];
  const server = await serve({
    decide: async (_id, _decision, peer) => {
      peers.push(peer);
      return { kind: 'redirect', location: callback, browser: 'ab12' };
    },
  });
  t.after(server.close);
  const host = new URL(server.url).host;
  const own = await server.decide('request_id=pending&action=approve', { Host: host, Origin: server.url });
  assert.equal(own.status, 302);
  assert.doesNotMatch(String(own.headers['set-cookie']), /Secure/);
  assert.equal(peers[0]?.isConsole, true);
  // Another program's page on this machine, and what a proxy forwarded, are not the console.
  const other = { Host: host, Origin: 'http://127.0.0.1:1' };
  assert.equal((await server.decide('request_id=pending&action=approve', other)).status, 403);
  const forwarded = { Host: host, Origin: server.url, 'X-Forwarded-For': '198.51.100.1' };
  assert.equal((await server.decide('request_id=pending&action=approve', forwarded)).status, 403);
  await server.decide('request_id=pending&action=approve', { Origin: issuer });
  assert.equal(peers[1]?.isConsole, undefined);
});
