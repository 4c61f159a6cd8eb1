import assert from 'node:assert/strict';
import { test } from 'node:test';
import { redirectHost } from '../../src/addresses.js';
import {
  isLoopback,
  isRedirectUri,
  isRegisteredRedirect,
  redirectLocation,
} from '../../src/oauth/register/redirect-uris.js';

test('https, loopback http and private-use schemes may be registered', () => {
  for (const uri of [
    'https://claude.ai/api/mcp/auth_callback',
    'https://app.example.org:8443/cb?x=1',
    'http://localhost/cb',
    'http://localhost:3118/callback',
    'http://127.0.0.1:33418/',
    'http://127.0.0.1:33418',
    'http://[::1]:5000/cb',
    'cursor://anysphere.cursor-mcp/oauth/callback',
    'vscode://vscode.github-authentication/did-authenticate',
    'com.example.app:/oauth2redirect',
    'com.example.app://callback',
    'myapp://callback',
    'warp://mcp/oauth2callback',
    'raycast://oauth?package_name=x',
    'obsidian://mcp-callback',
    'vscode-insiders://x/y',
    'trae-cn://x',
    'some-new-fork://vscode.mcp/cb',
    'zed:/cb',
    'ms-appx-web://microsoft.aad.brokerplugin/cb',
    'a1+b-c.d:x',
    'http://127.0.0.2:1/cb',
  ]) {
    assert.equal(isRedirectUri(uri), true, uri);
  }
});

test('what could run code, carry credentials or leave in plain text may not', () => {
  for (const uri of [
    'javascript:alert(1)',
    'JavaScript:alert(1)//https://a.example/',
    'data:text/html,x',
    'file:///etc/passwd',
    'blob:https://app.example.org/1',
    'vbscript:x',
    'about:blank',
    'ftp://app.example.org/',
    'ftps://app.example.org/',
    'ws://127.0.0.1/',
    'wss://app.example.org/',
    'view-source:https://app.example.org/',
    'VIEW-SOURCE:https://app.example.org/',
    'filesystem:https://app.example.org/x',
    'chrome://settings',
    'chrome-extension://abc/cb',
    'intent://x#Intent;end',
    'intent:x',
    'ms-msdt:/id',
    'x-man-page://ls',
    'jnlp:https://app.example.org/x.jnlp',
    'mk:@MSITStore:x',
    'mhtml:https://app.example.org/x',
    'search-ms:query=x',
    'ms-officecmd:x',
    'microsoft-edge:x',
    'mailto:a@b.example',
    'tel:1',
    'sms:1',
    'ssh://host',
    'smb://host/x',
    'itms-services://?action=x',
    'shortcuts://run-shortcut',
    'c:/windows',
    'x:y',
    'obsidian://user@host/cb',
    'obsidian://cb#x',
    'obsidian://c b',
    'http://app.example.org/cb',
    'http://localhost.example.org/cb',
    'http://192.168.1.2/cb',
    'http://0.0.0.0/cb',
    'https://user@app.example.org/cb',
    'https://user:pw@app.example.org/cb',
    'https://@app.example.org/cb',
    'http://127.0.0.1@evil.example/cb',
    'https://app.example.org/cb#fragment',
    'https://app.example.org/cb#',
    'https://app.example.org\\@evil.example/cb',
    'https:app.example.org',
    'https://',
    'https:///cb',
    'java\nscript:alert(1)',
    ' https://app.example.org/cb',
    'https://app.example.org/c b',
    'https://ex\u00e4mple.org/cb',
    `https://app.example.org/${'x'.repeat(2_000)}`,
    '/callback',
    '',
    '*',
  ]) {
    assert.equal(isRedirectUri(uri), false, uri);
  }
});

test('a request must use a registered URI, byte for byte; on loopback any port', () => {
  const registered = ['http://127.0.0.1/cb', 'https://app.example.org/cb', 'http://localhost:3118/callback'];
  for (const uri of [...registered, 'http://127.0.0.1:49152/cb', 'http://localhost:1/callback']) {
    assert.equal(isRegisteredRedirect(uri, registered), true, uri);
  }
  for (const uri of [
    'http://127.0.0.1:49152/cb/',
    'http://127.0.0.1:49152/other',
    'http://127.0.0.1:49152/cb?x',
    'http://user@127.0.0.1:49152/cb',
    'http://127.0.0.1:49152/cb#x',
    'http://localhost:49152/cb',
    'http://[::1]/cb',
    'https://127.0.0.1/cb',
    'https://app.example.org:8443/cb',
    'https://app.example.org/cb/',
    'https://app.example.org/cb?x=1',
    'https://APP.example.org/cb',
    'https://app.example.org.evil.example/cb',
  ]) {
    assert.equal(isRegisteredRedirect(uri, registered), false, uri);
  }
});

test('the page is told the ASCII host, or the scheme, and whether the redirect stays on the machine', () => {
  assert.equal(redirectHost('https://xn--exmple-cua.org:8443/cb'), 'xn--exmple-cua.org:8443');
  assert.equal(redirectHost('cursor://anysphere.cursor-mcp/oauth/callback'), 'cursor:');
  assert.equal(isLoopback('http://127.0.0.1:1/cb'), true);
  assert.equal(isLoopback('http://[::1]:1/cb'), true);
  assert.equal(isLoopback('https://app.example.org/cb'), false);
  assert.equal(isLoopback('cursor://localhost/cb'), false);
});

test('answers are added to the query, whatever stands there', () => {
  const answer = { code: 'c', state: 'a&b=c d', iss: 'https://v.example', unset: undefined };
  const query = 'code=c&state=a%26b%3Dc+d&iss=https%3A%2F%2Fv.example';
  assert.equal(redirectLocation('https://a.example/cb', answer), `https://a.example/cb?${query}`);
  assert.equal(redirectLocation('https://a.example/cb?x=1', answer), `https://a.example/cb?x=1&${query}`);
  assert.equal(redirectLocation('cursor://a.b/cb', answer), `cursor://a.b/cb?${query}`);
  assert.equal(redirectLocation('com.example:/cb', answer), `com.example:/cb?${query}`);
});
