import assert from 'node:assert/strict';
import { test } from 'node:test';
import { analyse } from '../../src/search/analyser.js';
import { splitChunks } from '../../src/search/chunks.js';
import { cutPassage } from '../../src/search/snippet.js';

function passageOf(text: string, query: string) {
  const [chunk] = splitChunks(text);
  assert.ok(chunk !== undefined);
  return cutPassage(
    chunk,
    analyse(query).map(({ term }) => term),
  );
}

test('a short section is given whole, without empty lines around it', () => {
  assert.deepEqual(passageOf('\n# Title\n\nSome words here.\n\n', 'words'), {
    text: '# Title\n\nSome words here.',
    line: 2,
    endLine: 4,
  });
});

test('of a long section, the passage with most of the words, and its true lines', () => {
  const lines = Array.from({ length: 200 }, (_, at) => `Line ${at + 1} has nothing to say about the matter at hand.`);
  lines[99] = 'Here a badger and a heron meet.';
  lines[149] = 'Here is only a badger.';
  const passage = passageOf(lines.join('\n'), 'herons and badgers');
  assert.match(passage.text, /a badger and a heron/);
  assert.equal(passage.text, lines.slice(passage.line - 1, passage.endLine).join('\n'));
  assert.ok(passage.line <= 100 && passage.endLine >= 100 && passage.text.length < 1200);
});

test('a very long line is cut around the match, never through a character', () => {
  const passage = passageOf(`${'😀 '.repeat(5000)}the needle ${'😀 '.repeat(5000)}`, 'needle');
  assert.match(passage.text, /^….*needle.*…$/su);
  assert.ok(passage.text.length < 1000);
  assert.equal(Buffer.from(passage.text).toString(), passage.text);
});
