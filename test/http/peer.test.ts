import assert from 'node:assert/strict';
import type { IncomingMessage } from 'node:http';
import { test } from 'node:test';
import { createPeerOf } from '../../src/http/peer.js';

const peerOf = createPeerOf(
  (address) => ['127.0.0.1', '10.0.0.2'].includes(address),
  () => 'http://127.0.0.1:8091',
);

function addressOf(forwarded: string | undefined, remoteAddress = '127.0.0.1'): string {
  const headers = { host: 'x', ...(forwarded === undefined ? {} : { 'x-forwarded-for': forwarded }) };
  return peerOf({ headers, rawHeaders: [], socket: { remoteAddress } } as unknown as IncomingMessage).address;
}

test('the address behind trusted proxies, in every form that proxies write', () => {
  for (const [forwarded, address] of [
    [undefined, '127.0.0.1'],
    ['203.0.113.7', '203.0.113.7'],
    ['203.0.113.7:4711', '203.0.113.7'],
    ['2001:db8::1', '2001:db8::1'],
    ['[2001:db8::1]', '2001:db8::1'],
    ['[2001:db8::1]:443', '2001:db8::1'],
    ['"[2001:db8::1]:443"', '2001:db8::1'],
    ['2001:db8::1%eth0', '2001:db8::1'],
    ['::ffff:203.0.113.9', '203.0.113.9'],
    ['[::ffff:203.0.113.9]:80', '203.0.113.9'],
    ['198.51.100.1:1, 203.0.113.7:4711', '203.0.113.7'],
    ['203.0.113.7:4711, 10.0.0.2:80', '203.0.113.7'],
    ['203.0.113.7, , ', '203.0.113.7'],
    // What is no address is nobody's: then the proxy's own counts.
    ['unknown', '127.0.0.1'],
    ['_hidden', '127.0.0.1'],
    ['203.0.113.7:x', '127.0.0.1'],
    ['[203.0.113.7', '127.0.0.1'],
    ['203.0.113.300:1', '127.0.0.1'],
  ] as const) {
    assert.equal(addressOf(forwarded), address, forwarded);
  }
  assert.equal(addressOf('203.0.113.7:4711', '192.0.2.1'), '192.0.2.1', 'nobody trusts that one');
});
