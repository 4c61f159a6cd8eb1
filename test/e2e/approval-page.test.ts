import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { after, before, type TestContext, test } from 'node:test';
import pkceChallenge from 'pkce-challenge';
import type { Browser, Page } from 'playwright-core';
import { createApp } from '../../src/http/app.js';
import { listen } from '../../src/http/listen.js';
import { silentLog } from '../../src/log.js';
import { createAuthorizationServer } from '../../src/oauth/create-authorization-server.js';
import { createMemoryStore } from '../../src/state/store/memory-store.js';
import type { StateStore } from '../../src/state/store/store.js';
import { testCertificate, testKey } from '../oauth/tls-fixture.js';
import { chromiumPath, launchBrowser } from './browser.js';

const pin = 'a long & "strange" PIN, with spaces';
const callback = 'https://client.test/callback';
const skip = chromiumPath === undefined && 'needs Chromium: install it, or name it in CHROMIUM_PATH';

/** Where approved clients are called back. */
const client443 = createServer({ cert: testCertificate, key: testKey }, (_request, response) => {
  response.setHeader('Content-Type', 'text/html').end('<title>Client</title>Connected');
});
let browser: Browser;
before(async () => {
  if (skip !== false) return;
  client443.listen(0, '127.0.0.1');
  await once(client443, 'listening');
  browser = await launchBrowser({ 'client.test': (client443.address() as AddressInfo).port });
});
after(async () => {
  await browser?.close();
  client443.closeAllConnections();
  client443.close();
});

interface Server {
  readonly url: string;
  readonly store: StateStore;
  close(): Promise<void>;
}

async function serve(store = createMemoryStore(), port = 0): Promise<Server> {
  let app: ReturnType<typeof createApp> | undefined;
  const server = await listen((request, response) => app?.(request, response), {
    host: '127.0.0.1',
    port,
    log: silentLog,
  });
  const oauth = createAuthorizationServer({
    issuer: server.url,
    store,
    log: silentLog,
    pin,
    accessTokenTtlSeconds: 3_600,
    refreshTokenTtlSeconds: 3_600,
    refreshGraceSeconds: 60,
    rateLimit: true,
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
  return { url: server.url, store, close: () => server.close() };
}

interface RegisteredClient {
  readonly authorizeUrl: string;
  /** Exchanges the code in the callback's URL; returns the scope that was granted. */
  redeem(callbackUrl: URL): Promise<string>;
}

async function register(server: Server, name: string, redirectUri = callback): Promise<RegisteredClient> {
  const registered = await fetch(`${server.url}/register`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ client_name: name, redirect_uris: [redirectUri], token_endpoint_auth_method: 'none' }),
  });
  assert.equal(registered.status, 201);
  const { client_id: clientId } = (await registered.json()) as { client_id: string };
  const { code_challenge, code_verifier } = await pkceChallenge();
  const query = new URLSearchParams({
    response_type: 'code',
    client_id: clientId,
    redirect_uri: redirectUri,
    code_challenge,
    code_challenge_method: 'S256',
    state: 'the state & more',
  });
  return {
    authorizeUrl: `${server.url}/authorize?${query}`,
    async redeem(callbackUrl) {
      const answer = await fetch(`${server.url}/token`, {
        method: 'POST',
        body: new URLSearchParams({
          grant_type: 'authorization_code',
          code: callbackUrl.searchParams.get('code') ?? '',
          client_id: clientId,
          redirect_uri: redirectUri,
          code_verifier,
        }),
      });
      assert.equal(answer.status, 200, await answer.clone().text());
      return ((await answer.json()) as { scope: string }).scope;
    },
  };
}

/** What pages complained of; looked at by the last test, for a hook that fails would keep the browser, and us, running. */
const complaints: string[] = [];

/** A phone without JavaScript; a page that breaks its own security policy, or opens a dialog, is a complaint. */
async function openPage(t: TestContext): Promise<Page> {
  const context = await browser.newContext({
    javaScriptEnabled: false,
    viewport: { width: 375, height: 812 },
    ignoreHTTPSErrors: true,
  });
  const page = await context.newPage();
  page.setDefaultTimeout(10_000);
  const complain = (text: string) => complaints.push(`${t.name}: ${text}`);
  page.on('console', (message) => {
    if (/policy/i.test(message.text())) complain(message.text());
  });
  page.on('dialog', (dialog) => complain(dialog.message()));
  t.after(() => context.close());
  return page;
}

async function submit(page: Page, typed: string): Promise<void> {
  await page.getByLabel('PIN', { exact: true }).fill(typed);
  await page.getByRole('button', { name: 'Approve' }).click();
}

async function landed(page: Page): Promise<URL> {
  await page.waitForURL(`${callback}**`).catch((error: unknown) => {
    // A second click replaces the navigation of the first, which may be under way already.
    if (!String(error).includes('ERR_ABORTED')) throw error;
    return page.waitForURL(`${callback}**`);
  });
  return new URL(page.url());
}

async function setUp(
  t: TestContext,
  name = 'Claude',
): Promise<{ server: Server; client: RegisteredClient; page: Page }> {
  const server = await serve();
  t.after(server.close);
  return { server, client: await register(server, name), page: await openPage(t) };
}

test('approve: the browser lands in the client with a code that works; the next time it is known', {
  skip,
}, async (t) => {
  const { server, client, page } = await setUp(t);
  await page.goto(client.authorizeUrl);
  assert.equal(new URL(page.url()).origin, server.url);
  const heading = page.getByRole('heading');
  assert.match((await heading.textContent()) ?? '', /They go to\s+client\.test/);
  assert.ok(await page.getByText('“Claude”').isVisible());
  assert.ok(await page.getByText('Never approved before').isVisible());
  await page.getByLabel('PIN', { exact: true }).fill(pin);
  await page.keyboard.press('Enter');
  const first = await landed(page);
  assert.equal(first.searchParams.get('state'), 'the state & more');
  assert.equal(first.searchParams.get('iss'), server.url);
  assert.match(await client.redeem(first), /vault:write/);

  await page.goto(client.authorizeUrl);
  assert.ok(await page.getByText('Last approved on').isVisible());
  await page.getByRole('radio', { name: 'Only read notes' }).check();
  await submit(page, pin);
  const scope = await client.redeem(await landed(page));
  assert.ok(scope.includes('vault:read') && !scope.includes('vault:write'), scope);
});

test('deny: no PIN is asked for, and the client is told', { skip }, async (t) => {
  const { client, page } = await setUp(t);
  await page.goto(client.authorizeUrl);
  await page.getByRole('button', { name: 'Deny' }).click();
  const { searchParams } = await landed(page);
  assert.equal(searchParams.get('error'), 'access_denied');
  assert.equal(searchParams.get('state'), 'the state & more');
  assert.equal(searchParams.get('code'), null);
});

test('wrong PINs are counted down, keep the choice, and lock even the right one out', { skip }, async (t) => {
  const { client, page } = await setUp(t);
  await page.goto(client.authorizeUrl);
  await page.getByRole('radio', { name: 'Only read notes' }).check();
  for (const left of ['4 attempts', '3 attempts', '2 attempts', 'one attempt', 'no attempt']) {
    await submit(page, `${pin}!`);
    assert.equal(await page.getByRole('alert').textContent(), `Wrong PIN: ${left} left`);
    assert.ok(await page.getByRole('radio', { name: 'Only read notes' }).isChecked());
    assert.equal(await page.getByLabel('PIN', { exact: true }).inputValue(), '');
  }
  await submit(page, pin);
  assert.match((await page.getByRole('alert').textContent()) ?? '', /Too many wrong PINs.\s*Wait 15 minutes/);
  await page.getByRole('button', { name: 'Deny' }).click();
  assert.equal((await landed(page)).searchParams.get('error'), 'access_denied');
});

test('a page from before a restart explains itself, and connecting again works', { skip }, async (t) => {
  const { server, client, page } = await setUp(t);
  await page.goto(client.authorizeUrl);
  await server.close();
  const restarted = await serve(server.store, Number(new URL(server.url).port));
  t.after(restarted.close);
  await submit(page, pin);
  assert.equal(await page.getByRole('heading').textContent(), 'This request is no longer open');
  assert.ok(await page.getByText('connect again').isVisible());
  await page.goto(client.authorizeUrl);
  await submit(page, pin);
  await client.redeem(await landed(page));
});

test('an unknown client is told what to do, and nobody is sent anywhere', { skip }, async (t) => {
  const { server, page } = await setUp(t);
  const url = new URL('/authorize?client_id=unknown&response_type=code', server.url);
  url.searchParams.set('redirect_uri', 'https://evil.example/');
  await page.goto(url.href);
  assert.equal(new URL(page.url()).origin, server.url);
  assert.ok(await page.getByText('remove the connector and add it again').isVisible());
  assert.equal(await page.getByRole('link').count(), 0);
});

test('a client name full of markup is only text', { skip }, async (t) => {
  const name = '</p><script>document.title=1</script><img src=x onerror=alert(1)><a href="https://evil.example">x</a>';
  const { client, page } = await setUp(t, name);
  await page.goto(client.authorizeUrl);
  assert.ok(await page.getByText('</p><script>').isVisible());
  assert.equal(await page.locator('main').locator('img, script, a:not([href^="?"])').count(), 0);
  const width = await page.locator('html').evaluate((html) => html.scrollWidth);
  assert.equal(width, 375, 'nothing sticks out');
});

test('back, reload and a double click do no harm', { skip }, async (t) => {
  const { client, page } = await setUp(t);
  await page.goto(client.authorizeUrl);
  await page.getByLabel('PIN', { exact: true }).fill(pin);
  await page.getByRole('button', { name: 'Approve' }).dblclick();
  await client.redeem(await landed(page));
  await page.goBack();
  assert.equal(await page.getByRole('heading').textContent(), 'You have already answered this request');
  await page.reload();
  assert.equal(await page.getByRole('heading').textContent(), 'You have already answered this request');
});

test('everything is reached by keyboard, in reading order', { skip }, async (t) => {
  const { client, page } = await setUp(t);
  await page.goto(client.authorizeUrl);
  const names: (string | null)[] = [];
  for (let i = 0; i < 5; i++) {
    await page.keyboard.press('Tab');
    names.push(
      await page
        .locator(':focus')
        .evaluate((element) => element.getAttribute('value') || element.id || element.textContent),
    );
  }
  assert.deepEqual(names, ['off', 'pin', 'Show PIN', 'approve', 'deny']);
  await page.keyboard.press('Enter');
  assert.equal((await landed(page)).searchParams.get('error'), 'access_denied');
});

test('a client on this computer is called a program there', { skip }, async (t) => {
  const { server, page } = await setUp(t);
  const client = await register(server, 'Claude Code', 'http://localhost/callback');
  await page.goto(client.authorizeUrl.replace('localhost%2F', 'localhost%3A33418%2F'));
  assert.match((await page.getByRole('heading').textContent()) ?? '', /localhost:33418/);
  assert.ok(await page.getByText('A program on the computer you are using now').isVisible());
});

test('after Approve or Deny for an app link the page says so, has the link, and nothing of the form', {
  skip,
}, async (t) => {
  const { server } = await setUp(t);
  const link = 'obsidian-test://mcp/callback';
  for (const [button, title] of [
    ['Approve', 'Approved'],
    ['Deny', 'Denied'],
  ] as const) {
    const client = await register(server, 'Notes app', link);
    const page = await openPage(t);
    await page.goto(client.authorizeUrl);
    await page.getByLabel('PIN', { exact: true }).fill(pin);
    await page.getByRole('button', { name: button }).click();
    await page.getByRole('heading', { name: title }).waitFor();
    const back = (await page.getByRole('link', { name: 'Back to the app' }).getAttribute('href')) ?? '';
    assert.ok(back.startsWith(`${link}?`), back);
    assert.equal(await page.locator('form, input').count(), 0);
    if (button === 'Approve') assert.match(await client.redeem(new URL(back)), /vault:write/);
    else assert.equal(new URL(back).searchParams.get('error'), 'access_denied');
    await shoot(page, `answered-${title}`);
  }
});

test('what is typed can be seen without a script, and is hidden again', { skip }, async (t) => {
  const { client, page } = await setUp(t);
  await page.goto(client.authorizeUrl);
  const field = page.getByLabel('PIN', { exact: true });
  assert.equal(await field.getAttribute('type'), 'password');
  await page.getByRole('link', { name: 'Show PIN' }).click();
  assert.equal(await field.getAttribute('type'), 'text');
  await submit(page, 'wrong');
  assert.equal(await field.getAttribute('type'), 'text', 'a wrong PIN does not hide it');
  await shoot(page, 'shown');
  await page.getByRole('link', { name: 'Hide PIN' }).click();
  assert.equal(await field.getAttribute('type'), 'password');
  await submit(page, pin);
  await client.redeem(await landed(page));
});

test('Approve is above the fold on a small phone, in every state', { skip }, async (t) => {
  const { server, page } = await setUp(t);
  const longHost = await register(server, 'An app with a rather long name that says a lot', `${callback}/x`);
  const onLoopback = await register(server, 'Claude Code (vault)', 'http://localhost:33418/callback');
  const appLink = await register(server, 'Raycast', 'raycast://oauth?package_name=Extension');
  for (const [name, client] of Object.entries({ longHost, onLoopback, appLink })) {
    for (const [width, height] of [
      [360, 640],
      [1280, 800],
    ] as const) {
      await page.setViewportSize({ width, height });
      await page.goto(client.authorizeUrl);
      await shoot(page, `${name}-${width}`);
      await checkFold(page, height);
      if (width !== 360) continue;
      await submit(page, 'wrong');
      await page.getByRole('alert').waitFor();
      await shoot(page, `${name}-${width}-wrong`);
      await checkFold(page, height);
    }
  }
  await page.setViewportSize({ width: 360, height: 640 });
  for (let wrong = 4; wrong <= 5; wrong += 1) await submit(page, 'wrong');
  await page.goto(longHost.authorizeUrl);
  assert.match((await page.getByRole('alert').textContent()) ?? '', /Too many wrong PINs.\s*Wait 15 minutes/);
  assert.equal(await page.locator('input[type=password]').count(), 0, 'a new request is locked too');
  await shoot(page, 'locked');
  await page.goto(`${server.url}/`);
  await shoot(page, 'welcome');
  assert.ok(await page.getByText('claude mcp add').isVisible());
  await page.setViewportSize({ width: 1280, height: 800 });
  await page.goto(`${server.url}/mcp`);
  await shoot(page, 'welcome-1280');
});

/** The whole button is on the screen before anything is scrolled. */
async function checkFold(page: Page, height: number): Promise<void> {
  const box = await page.getByRole('button', { name: 'Approve' }).boundingBox();
  assert.ok(box !== null && box.y + box.height <= height, `Approve ends at ${box && box.y + box.height} of ${height}`);
}

/** Keeps a picture of the page when a folder for them is named. */
async function shoot(page: Page, name: string): Promise<void> {
  const folder = process.env['PICTURES_PATH'];
  if (folder !== undefined) await page.screenshot({ path: `${folder}/${name}.png` });
}

test('no page broke its own security policy, or opened a dialog', { skip }, () => {
  assert.deepEqual(complaints, []);
});
