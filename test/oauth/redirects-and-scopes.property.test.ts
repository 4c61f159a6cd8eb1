import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { redirectHost } from '../../src/addresses.js';
import {
  isAppLink,
  isLoopback,
  isRedirectUri,
  isRegisteredRedirect,
  redirectLocation,
  redirectPlace,
} from '../../src/oauth/register/redirect-uris.js';
import { vaultScopeRules } from '../../src/oauth/scopes.js';
import { runs } from '../full.js';

const { numRuns } = runs(150, 10_000);
const dangerous = [
  'javascript',
  'JAVASCRIPT',
  'data',
  'file',
  'blob',
  'about',
  'view-source',
  'ws',
  'wss',
  'vbscript',
  'intent',
];
const scheme = fc.oneof(
  fc.constantFrom('https', 'http', 'obsidian', 'warp', 'com.example.app', 'vscode', ...dangerous),
  fc.stringMatching(/^[a-zA-Z][a-zA-Z0-9+.-]{0,12}$/),
);
const host = fc.oneof(
  fc.constantFrom(
    'localhost',
    '127.0.0.1',
    '[::1]',
    '127.0.0.2',
    'app.example',
    '0.0.0.0',
    'localhost.evil.example',
    '',
  ),
  fc.domain(),
  fc.ipV4(),
);
const rest = fc.oneof(
  fc.webPath(),
  fc.string({ maxLength: 20 }),
  fc.constantFrom('/cb', '/cb?a=b', '#f', '?', '\\', '@x'),
);
const user = fc.constantFrom('', '', '', 'u@', 'u:p@', '@');
const uri = fc.oneof(
  fc.tuple(scheme, fc.constantFrom('://', ':', ':/', ':\\'), user, host, rest).map((parts) => parts.join('')),
  fc.string(),
  fc.webUrl(),
);

test('whatever redirect URI may be registered leads to https, to this machine, or to an app that is named', () => {
  fc.assert(
    fc.property(uri, (text) => {
      if (!isRedirectUri(text)) return;
      const { protocol, hostname, username, password, hash } = new URL(text);
      assert.ok(!dangerous.some((one) => protocol === `${one.toLowerCase()}:`), text);
      assert.deepEqual([username, password, hash], ['', '', ''], text);
      assert.doesNotMatch(text, /[^\x21-\x7e]|[\\#]/);
      if (protocol === 'http:') assert.match(hostname, /^(?:localhost|127(?:\.\d+){3}|\[::1\])$/);
      assert.equal(isAppLink(text), protocol !== 'https:' && protocol !== 'http:');
      assert.equal(redirectHost(text).endsWith(':'), isAppLink(text), 'the page knows an app link by its colon');
      assert.ok(isRegisteredRedirect(text, [text]));
      const location = redirectLocation(text, { code: 'c d&e', state: 's' });
      assert.equal(new URL(location).protocol, protocol);
      assert.equal(new URL(location).searchParams.get('code'), 'c d&e');
      assert.equal(redirectPlace(location), redirectPlace(text), 'an answer goes to the place that was approved');
    }),
    { numRuns },
  );
});

test('a request uses what was registered, and on this machine any port; nothing else', () => {
  fc.assert(
    fc.property(uri, uri, fc.integer({ min: 1, max: 65_535 }), (asked, registered, port) => {
      if (!isRedirectUri(registered)) return;
      if (isRegisteredRedirect(asked, [registered]) && asked !== registered) {
        assert.ok(isLoopback(asked) && isLoopback(registered));
        assert.equal(new URL(asked).hostname, new URL(registered).hostname);
        assert.equal(redirectPlace(asked), redirectPlace(registered));
      }
      const { protocol, hostname, pathname, search } = new URL(registered);
      if (protocol !== 'http:' || !/^(?:localhost|127\.0\.0\.1|\[::1\])$/.test(hostname)) return;
      assert.ok(isRegisteredRedirect(`http://${hostname}:${port}${pathname}${search}`, [registered]), registered);
    }),
    { numRuns },
  );
});

test('scopes: a refresh never gets more than was granted, never nothing, and what it was given it can ask for again', () => {
  const name = fc.constantFrom(
    'vault:read',
    'vault:write',
    'offline_access',
    'openid',
    'admin',
    '',
    'vault:',
    'VAULT:READ',
  );
  const scope = fc.option(
    fc.array(name, { maxLength: 6 }).map((names) => names.join(' ')),
    { nil: undefined },
  );
  const { requested, narrowed, readOnly, supported } = vaultScopeRules;
  fc.assert(
    fc.property(scope, fc.boolean(), fc.array(scope, { maxLength: 4 }), (asked, isReadOnly, refreshes) => {
      const shown = requested(asked);
      assert.ok(shown.some((one) => one.startsWith('vault:')) && shown.every((one) => supported.includes(one)));
      const granted = isReadOnly ? readOnly(shown) : shown;
      if (isReadOnly) assert.ok(!granted.includes('vault:write') && granted.includes('vault:read'));
      for (const again of [asked, granted.join(' '), ...refreshes]) {
        const given = narrowed(again, granted);
        assert.ok(given.every((one) => granted.includes(one)));
        assert.ok(
          given.some((one) => one.startsWith('vault:')),
          JSON.stringify([granted, again]),
        );
      }
      assert.deepEqual(narrowed(granted.join(' '), granted), granted);
    }),
    { numRuns },
  );
});
