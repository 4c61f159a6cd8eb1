import assert from 'node:assert/strict';
import { networkInterfaces } from 'node:os';
import { test } from 'node:test';
import { isOfThisMachine, localUrl, ownUrl } from '../../src/cli/local-url.js';
import { readStatusSettings } from '../../src/cli/serve-settings.js';

test('a server is asked at the address it listens on, and at loopback where that is any', () => {
  for (const [host, url] of [
    ['127.0.0.1', 'http://127.0.0.1:8091'],
    ['127.0.0.2', 'http://127.0.0.2:8091'],
    ['localhost', 'http://localhost:8091'],
    ['::1', 'http://[::1]:8091'],
    ['0.0.0.0', 'http://127.0.0.1:8091'],
    ['::', 'http://127.0.0.1:8091'],
    ['192.0.2.1', 'http://192.0.2.1:8091'],
    ['2001:db8::1', 'http://[2001:db8::1]:8091'],
    ['notes.lan', 'http://notes.lan:8091'],
  ] as const) {
    assert.equal(ownUrl(host, 8091), url);
    assert.equal(readStatusSettings({ host }, {}, '/').url, url, 'without a public URL, too');
  }
  assert.equal(localUrl('192.0.2.1', 8091), 'http://127.0.0.1:8091', 'what clients on this machine are told');
});

test('what a state file says of where it is served is believed for an address of this machine', () => {
  const own = Object.values(networkInterfaces()).flatMap((addresses) => addresses ?? []);
  const urls = own.map(({ address }) => `http://${address.includes(':') ? `[${address}]` : address}:80`);
  for (const url of ['http://localhost:1', 'http://127.0.0.9:1', 'http://[::1]:1', ...urls])
    assert.ok(isOfThisMachine(url));
  for (const host of [
    '169.254.169.254',
    '192.0.2.1',
    '[2001:db8::1]',
    'vault.example.com',
    '127.0.0.1.example',
    '[::1',
  ]) {
    assert.ok(!isOfThisMachine(`http://${host}:80`), host);
  }
});
