import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sendRaw, serveApp } from './serve-app.js';

const browser = {
  Host: 'vault.example.com',
  Accept: 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8',
};

test('a person who opens / or /mcp reads what this is and how to connect; programs do not', async (t) => {
  const server = await serveApp();
  t.after(server.close);
  for (const path of ['/', '/mcp', '/mcp/', '/?x']) {
    const page = await sendRaw(`${server.url}${path}`, { headers: browser });
    assert.equal(page.status, 200, path);
    assert.match(String(page.headers['content-type']), /^text\/html/);
    assert.match(page.body, /claude mcp add --transport http vault https:\/\/vault\.example\.com\/mcp/);
    assert.match(page.body, /asks for the PIN of this server/);
    assert.match(page.body, /<link rel="icon" href="https:\/\/vault\.example\.com\/favicon\.svg"/);
  }
  for (const headers of [
    { Accept: '*/*' },
    { Accept: 'text/event-stream' },
    { Accept: 'application/json, text/event-stream' },
    { Accept: 'text/html, text/event-stream' },
    {},
  ] as Record<string, string>[]) {
    assert.equal((await sendRaw(`${server.url}/mcp`, { headers })).status, 401, JSON.stringify(headers));
    assert.equal((await sendRaw(`${server.url}/`, { headers })).status, 404, JSON.stringify(headers));
  }
  const authorized = { ...browser, Authorization: 'Bearer good' };
  assert.equal((await sendRaw(`${server.url}/mcp`, { headers: authorized })).status, 405);
  assert.equal((await sendRaw(`${server.url}/mcp`, { method: 'POST', headers: browser })).status, 401);
});

test('without a login the page says so, and the icon is there for browsers that look for it', async (t) => {
  const server = await serveApp({ oauth: undefined, issuer: 'http://127.0.0.1:8091' });
  t.after(server.close);
  const page = await sendRaw(`${server.url}/`, { headers: { Accept: 'text/html' } });
  assert.match(page.body, /No login is needed on this machine/);
  assert.doesNotMatch(page.body, /PIN/);
  for (const path of ['/favicon.svg', '/favicon.ico']) {
    const icon = await sendRaw(`${server.url}${path}`);
    assert.equal(icon.headers['content-type'], 'image/svg+xml; charset=utf-8');
    assert.match(icon.body, /^<svg /);
  }
});
