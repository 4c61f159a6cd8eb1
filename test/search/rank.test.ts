import assert from 'node:assert/strict';
import { test } from 'node:test';
import { NoteIndex } from '../../src/search/note-index.js';
import { rank } from '../../src/search/rank.js';
import { indexOf, pathsFound, toNote } from './sample-index.js';

test('title, path, headings and tags count towards the match', () => {
  const index = indexOf({
    'a.md': '# Hedgehogs\n\nSomething about animals.',
    'wombats/b.md': '# Other\n\nSomething about animals.',
    'c.md': '# Third\n\nSomething about animals.\n\n## Quokkas\n\nThey are small.\n\n### Numbats\n\nToo.',
  });
  index.put(toNote('d.md', '# Fourth\n\nSomething about animals.', { tags: ['bilby'] }), 0);
  assert.deepEqual(pathsFound(index, 'hedgehog'), ['a.md']);
  assert.deepEqual(pathsFound(index, 'wombat'), ['wombats/b.md']);
  assert.deepEqual(pathsFound(index, 'quokka'), ['c.md']);
  assert.deepEqual(pathsFound(index, 'numbat'), ['c.md']);
  assert.deepEqual(pathsFound(index, 'bilby'), ['d.md']);
  assert.equal(pathsFound(index, 'animals').length, 4);
});

test('a note comes once, with the section that matches best', () => {
  const index = indexOf({
    'a.md':
      '# Kitchen\n\nBread and other things.\n\n## Tea\n\nHow tea is made.\n\n## Bread\n\nHow bread, more bread and still more bread is made.',
  });
  const { candidates } = rank(index, { text: 'bread', limit: 10 });
  assert.deepEqual(
    candidates.map(({ path, ordinal }) => [path, ordinal]),
    [['a.md', 2]],
  );
});

test('the exact accents come first, the others still come', () => {
  const index = indexOf({
    'ano.md': '# Uno\n\nEl ano de la serie y nada de lo demás.',
    'año.md': '# Dos\n\nEl año de la serie y nada de lo demás.',
  });
  assert.deepEqual(pathsFound(index, 'año'), ['año.md', 'ano.md']);
  assert.deepEqual(pathsFound(index, 'ano').sort(), ['ano.md', 'año.md']);
});

test('a typo, or the beginning of a word, finds notes when the word itself finds none', () => {
  const index = indexOf({
    'a.md': '# Secateurs\n\nA tool for pruning the shrubs.',
    'b.md': '# Paella\n\nUna receta valenciana con azafrán.',
  });
  assert.deepEqual(pathsFound(index, 'secatuers'), ['a.md']);
  assert.deepEqual(pathsFound(index, 'azfran'), ['b.md']);
  assert.deepEqual(pathsFound(index, 'valenc'), ['b.md']);
  assert.deepEqual(pathsFound(index, 'zzzzzz'), []);
});

test('words that only resemble are not looked for when enough is found', () => {
  const notes = Object.fromEntries([1, 2, 3].map((n) => [`${n}.md`, '# Note\n\nThe castle stands on a hill.']));
  const index = indexOf({ ...notes, 'near.md': '# Note\n\nThe castles and the cattle, and a hassle.' });
  assert.deepEqual(pathsFound(index, 'castle').sort(), ['1.md', '2.md', '3.md', 'near.md']);
  assert.ok(!rank(index, { text: 'castle', limit: 10 }).terms.includes('cattl'));
});

test('folder, tag and status filter', () => {
  const index = new NoteIndex();
  const text = '# Note\n\nThe same words in all of them.';
  index.put(toNote('Work/a.md', text, { status: 'Active', tags: ['project/alpha'] }), 0);
  index.put(toNote('Work/sub/b.md', text, { status: 'Done', tags: ['Idea'] }), 0);
  index.put(toNote('Workshop/c.md', text, { tags: ['projects'] }), 0);
  assert.deepEqual(pathsFound(index, 'words', { folder: 'Work' }).sort(), ['Work/a.md', 'Work/sub/b.md']);
  assert.deepEqual(pathsFound(index, 'words', { folder: '/Work/sub/' }), ['Work/sub/b.md']);
  assert.deepEqual(pathsFound(index, 'words', { status: 'Done' }), ['Work/sub/b.md']);
  assert.deepEqual(pathsFound(index, 'words', { tag: '#project' }), ['Work/a.md']);
  assert.deepEqual(pathsFound(index, 'words', { tag: 'idea' }), ['Work/sub/b.md']);
  assert.deepEqual(pathsFound(index, 'words', { tag: 'idea', status: 'Active' }), []);
});

test('a query of stop words finds them in titles; one without words finds nothing', () => {
  const index = indexOf({
    'a.md': '# The Who\n\nA band from London, that is who.',
    'b.md': '# Other\n\nWho are they, and the others?',
  });
  assert.deepEqual(pathsFound(index, 'the who'), ['a.md']);
  assert.deepEqual(pathsFound(index, ' … '), []);
  assert.deepEqual(pathsFound(index, ''), []);
});

test('a limit gives the best', () => {
  const index = indexOf(
    Object.fromEntries(
      Array.from({ length: 30 }, (_, n) => [`${n}.md`, `# Note\n\n${'filler '.repeat(n)} walrus and more text`]),
    ),
  );
  assert.deepEqual(pathsFound(index, 'walrus', { limit: 3 }), ['0.md', '1.md', '2.md']);
});
