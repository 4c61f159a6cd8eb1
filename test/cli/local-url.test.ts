import assert from 'node:assert/strict';
import { test } from 'node:test';
import { localUrl, ownUrl } from '../../src/cli/local-url.js';
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
