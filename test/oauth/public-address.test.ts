import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isPublicAddress } from '../../src/oauth/clients/public-address.js';

const refused = `127.0.0.1 127.9.9.9 10.0.0.1 172.16.0.1 192.168.1.1 169.254.169.254 100.64.0.1 192.0.2.1 198.18.0.1
  224.0.0.1 0.0.0.0 255.255.255.255 240.0.0.1 :: ::1 fe80::1 fc00::1 fd00::1 fec0::1 ff02::1 100::1 2001:db8::1
  ::ffff:127.0.0.1 ::ffff:8.8.8.8 ::127.0.0.1 ::7f00:1 64:ff9b::7f00:1 64:ff9b:1::1 2002:7f00:1:: 2001::1 5f00::1
  4000::1 localhost 127.1 0x7f000001.x`.split(/\s+/);

for (const address of refused) {
  test(`${address} is not public`, () => assert.equal(isPublicAddress(address), false));
}
for (const address of ['8.8.8.8', '104.16.0.1', '2606:4700::1', '2a00:1450:4001::200e']) {
  test(`${address} is public`, () => assert.equal(isPublicAddress(address), true));
}
