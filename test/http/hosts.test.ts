import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createHostList } from '../../src/http/hosts.js';

test('loopback and the issuer are always served, on any port', () => {
  const isAllowed = createHostList(['https://vault.example.com'], []);
  for (const host of [
    'localhost',
    'LOCALHOST:8091',
    '127.0.0.1:1',
    '[::1]:8091',
    'vault.example.com',
    'Vault.Example.com.:443',
  ]) {
    assert.equal(isAllowed(host), true, host);
  }
});

test('foreign, missing and malformed hosts are refused', () => {
  const isAllowed = createHostList(['https://vault.example.com'], []);
  const refused = [
    undefined,
    '',
    'evil.example',
    'vault.example.com.evil.example',
    'a@localhost',
    'localhost/x',
    'localhost:1:2',
  ];
  for (const host of refused) assert.equal(isAllowed(host), false, String(host));
});

test('an entry may name any port or one', () => {
  const isAllowed = createHostList(['http://127.0.0.1:8091'], ['a.example', 'b.example:*', 'c.example:8443']);
  assert.equal(isAllowed('a.example:99'), true);
  assert.equal(isAllowed('b.example:99'), true);
  assert.equal(isAllowed('c.example:8443'), true);
  assert.equal(isAllowed('c.example:99'), false);
  assert.equal(isAllowed('c.example'), false);
});
