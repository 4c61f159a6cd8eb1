import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { displayText, summarize, summarizeClients } from '../../src/state/rules/summary.js';
import { arbitraryState, now, plainView } from './plain-view.js';

test('a summary counts what is there and shows no hash in full', () => {
  fc.assert(
    fc.property(arbitraryState, (state) => {
      const clients = [...summarizeClients(plainView(state), now)];
      assert.equal(summarize(plainView(state), now).totals.clients, state.clients.size);
      assert.equal(clients.length, state.clients.size);
      const text = JSON.stringify(clients);
      for (const hash of [...state.access_tokens.keys(), ...state.refresh_tokens.keys()]) {
        assert.ok(!text.includes(hash.slice(0, 13)));
      }
      assert.ok(!text.includes('sealed'));
    }),
  );
});

test('control and bidi characters never reach a terminal, and long names are cut', () => {
  assert.equal(displayText('a\u001b[31mb\u202ec\r\nd\u2028e\u0000'), 'a [31mb c d e');
  assert.equal([...displayText('🦊'.repeat(100))].length, 60);
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => !/[\p{Cc}\p{Cf}\u2028\u2029]/u.test(displayText(text))),
  );
});

test('what joins two emoji into one stays, any other invisible joiner goes; a cut is between characters', () => {
  for (const whole of ['👨‍👩‍👧‍👦 family', '👩🏽‍💻', '🏳️‍🌈', '❤️‍🔥']) assert.equal(displayText(whole), whole);
  assert.equal(displayText('a\u200db\u202ec'), 'a b c');
  assert.equal(displayText('👨‍👩‍👧‍👦'.repeat(5), 3), '👨‍👩‍👧‍👦👨‍👩‍👧‍👦…');
  assert.ok(displayText('\u0301'.repeat(100_000)).length < 2_000);
});
