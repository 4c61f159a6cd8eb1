import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { displayText } from '../src/foreign-text.js';

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
