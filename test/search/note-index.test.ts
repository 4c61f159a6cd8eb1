import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { NoteIndex } from '../../src/search/note-index.js';
import { rank } from '../../src/search/rank.js';
import { indexOf, pathsFound, toNote } from './sample-index.js';

const word = fc.constantFrom('alpha', 'beta', 'gamma', 'delta', 'epsilon', 'zeta');
const text = fc.array(word, { minLength: 4, maxLength: 12 }).map((words) => `# Note\n\n${words.join(' ')} and so on`);
const change = fc.record({ path: fc.constantFrom('a.md', 'b.md', 'c.md', 'd.md'), text: fc.option(text) });

test('after any changes it ranks as an index built from what is left', () => {
  fc.assert(
    fc.property(fc.array(change, { maxLength: 30 }), fc.boolean(), word, (changes, isCompacted, query) => {
      const index = new NoteIndex();
      const left: Record<string, string> = {};
      for (const { path, text } of changes) {
        if (text === null) index.remove(path);
        else index.put(toNote(path, text), 0);
        delete left[path];
        if (text !== null) left[path] = text;
      }
      const fresh = indexOf(left);
      if (isCompacted) index.compact();
      assert.equal(index.chunks, fresh.chunks);
      assert.deepEqual(index.totals, fresh.totals);
      assert.deepEqual(pathsFound(index, query).sort(), pathsFound(fresh, query).sort());
      if (isCompacted) {
        const scores = (of: NoteIndex) =>
          new Map(rank(of, { text: query, limit: 10 }).candidates.map(({ path, score }) => [path, score.toFixed(5)]));
        assert.deepEqual(scores(index), scores(fresh));
      }
    }),
  );
});

test('what was replaced many times does not pile up', () => {
  const index = indexOf({ 'a.md': '# A\n\nSome text that stays as it is.' });
  for (let round = 0; round < 5000; round++)
    index.put(toNote('b.md', `# B\n\nRound number${round} of the changes.`), 0);
  assert.ok(index.chunkLimit < 2100, `${index.chunkLimit} chunk numbers for 2 chunks`);
  assert.deepEqual(pathsFound(index, 'number4999'), ['b.md']);
  assert.equal(rank(index, { text: 'stays', limit: 5 }).candidates.length, 1);
});

test('a touched note keeps its words and gets its new state', () => {
  const index = indexOf({ 'a.md': '# A\n\nSome text that stays as it is.', 'empty.md': '' });
  index.touch(toNote('a.md', 'unseen', { modifiedMs: 77 }), 99);
  index.touch(toNote('empty.md', 'unseen', { modifiedMs: 78 }), 99);
  assert.deepEqual(pathsFound(index, 'stays'), ['a.md']);
  assert.deepEqual(
    [...index.notes.values()].map(({ modifiedMs, indexedMs }) => [modifiedMs, indexedMs]),
    [
      [77, 99],
      [78, 99],
    ],
  );
});
