import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { cutPassage, rangeOfLines } from '../../../src/notes/read/passage.js';

const text = 'one\ntwo\r\nthree 🎉🎉🎉\nfour';

test('lines are ranges, and what is past the end is said', () => {
  const lines = (first?: number, last?: number) => {
    const { start, end } = rangeOfLines(text, first, last);
    return text.slice(start, end);
  };
  assert.equal(lines(), text);
  assert.equal(lines(2, 2), 'two\r\n');
  assert.equal(lines(4, 99), 'four');
  assert.throws(() => lines(5), /past the end: the text has 4 lines/);
  assert.throws(() => lines(3, 2), /before start_line/);
});

test('pieces join to the range again, each within the limit, at lines where it can be, never within a character', () => {
  fc.assert(
    fc.property(
      fc.array(fc.constantFrom('a', '\n', '🎉', 'é', '\r\n')),
      fc.integer({ min: 2, max: 9 }),
      (parts, maxChars) => {
        const whole = parts.join('');
        const range = { start: 0, end: whole.length };
        let joined = '';
        let offset: number | undefined = 0;
        while (offset !== undefined) {
          const piece: ReturnType<typeof cutPassage> = cutPassage(whole, range, offset, maxChars);
          assert.ok(piece.text.length <= maxChars);
          assert.doesNotMatch(piece.text, /\p{Cs}/u);
          joined += piece.text;
          offset = piece.nextOffset;
        }
        assert.equal(joined, whole);
      },
    ),
  );
  assert.deepEqual(cutPassage(text, rangeOfLines(text, 2), 0, 7), {
    text: 'two\r\n',
    firstLine: 2,
    lastLine: 2,
    totalLines: 4,
    nextOffset: 5,
  });
  assert.throws(() => cutPassage(text, rangeOfLines(text), 100, 7), /offset 100 is past the end/);
});
