import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readText } from '../../../src/notes/markdown/read-note.js';
import { cutSections } from '../../../src/notes/search/cut-sections.js';

/** Heading, headings, line and text of each section. */
function cut(text: string) {
  const sections = cutSections({ ...readText(text), path: 'n.md', title: 'T' });
  return sections.map(({ heading, headings, line, start, end }) => [heading, headings, line, text.slice(start, end)]);
}

const body = 'Enough text to be worth a hit.\n';

test('a note is cut at its headings of level 1 and 2, and a heading without text stands with what follows', () => {
  assert.deepEqual(cut(`---\na: 1\n---\n${body}# A\n${body}## B\n${body}### C\n${body}## D\n`), [
    ['', [], 4, body],
    ['', [], 5, `# A\n${body}`],
    ['B', ['B', 'C'], 7, `## B\n${body}### C\n${body}`],
    ['D', ['D'], 11, '## D\n'],
  ]);
  assert.deepEqual(cut(`### C\n${body}### D\n${body}`), [['C', ['C', 'D'], 1, `### C\n${body}### D\n${body}`]]);
  assert.deepEqual(cut(`${body}#### C\n${body}## D\n### E\n${body}`), [
    ['', ['C'], 1, `${body}#### C\n${body}`],
    ['D', ['D', 'E'], 4, `## D\n### E\n${body}`],
  ]);
  assert.deepEqual(cut('Bob\n# T\n\n## Today\n\n## Wifi\n\nhunter2\n\nEnd\n====\n'), [
    ['', [], 1, 'Bob\n'],
    ['Wifi', ['Today', 'Wifi'], 4, '## Today\n\n## Wifi\n\nhunter2\n\n'],
    ['', [], 10, 'End\n====\n'],
  ]);
  assert.deepEqual(cut('# A\n'), [['', [], 1, '# A\n']]);
  assert.deepEqual(cut('---\na: 1\n---\n'), []);
  assert.deepEqual(cut(''), []);
});

test('a long section is cut between paragraphs, and its parts keep its headings', () => {
  const paragraph = `${body.repeat(100)}\n`;
  const parts = cut(`## A\n${paragraph.repeat(10)}### B\n${body}`);
  assert.equal(parts.map(([, , , text]) => text).join(''), `## A\n${paragraph.repeat(10)}### B\n${body}`);
  for (const [, , line, text] of parts) assert.ok(Number(line) === 1 || /^(?:Enough|###)/.test(String(text)));
  assert.deepEqual(parts.at(-1)?.slice(0, 2), ['B', ['A', 'B']]);
});
