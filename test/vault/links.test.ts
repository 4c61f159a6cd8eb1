import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { readFrontmatter } from '../../src/vault/frontmatter.js';
import { createLinkTargets } from '../../src/vault/link-targets.js';
import { readLinks } from '../../src/vault/links.js';
import { type Move, rewriteLinks } from '../../src/vault/rewrite-links.js';

test('links are read in every way of writing, and none inside code', () => {
  const text = `---
up: "[[Home]]"
---
[[Note]] ![[img.png|100]] [[Folder/Note#Heading|alias]] | [[Note\\|alias]] |
[a](b.md) ![i](<with space.png> "title") [c](Con%20espacio.md#h) [d](a(1).md) [e][ref]
\`[[code]]\` and \`\`[x](y.md)\`\` [web](https://example.com/x.md) [mail](mailto:a@b.c) [own](#h) [[#own]]
~~~
[[fenced]]
~~~
[ref]: ../up.md "t"
[^note]: not.md
`;
  assert.deepEqual(
    readLinks(text).map(({ kind, target, anchor, line }) => [kind[0], target, anchor, line]),
    [
      ['w', 'Home', '', 2],
      ['w', 'Note', '', 4],
      ['w', 'img.png', '', 4],
      ['w', 'Folder/Note', '#Heading', 4],
      ['w', 'Note', '', 4],
      ['m', 'b.md', '', 5],
      ['m', 'with space.png', '', 5],
      ['m', 'Con espacio.md', '#h', 5],
      ['m', 'a(1).md', '', 5],
      ['m', '../up.md', '', 10],
    ],
  );
  for (const { start, end, kind } of readLinks(text))
    assert.ok(end > start && kind && !/[[\]|#]/.test(text.slice(start, end)));
});

test('a target is found as the editors find it', () => {
  const targets = createLinkTargets([
    'Home.md',
    'a/Note.md',
    'b/Note.md',
    'b/deep/Other.md',
    'b/img.png',
    'a/Café.md'.normalize('NFD'),
  ]);
  const wiki = (target: string, from: string) => targets.resolve({ kind: 'wikilink', target }, from)?.path;
  const markdown = (target: string, from: string) => targets.resolve({ kind: 'markdown', target }, from)?.path;
  assert.equal(wiki('Note', 'b/x.md'), 'b/Note.md');
  assert.equal(wiki('Note', 'x.md'), 'a/Note.md');
  assert.equal(wiki('note', 'x.md'), 'a/Note.md');
  assert.equal(wiki('b/Note', 'x.md'), 'b/Note.md');
  assert.equal(wiki('deep/Other', 'x.md'), 'b/deep/Other.md');
  assert.equal(wiki('img.png', 'x.md'), 'b/img.png');
  assert.equal(wiki('Café', 'x.md'), 'a/Café.md'.normalize('NFD'));
  assert.equal(wiki('../Home', 'a/x.md'), 'Home.md');
  assert.equal(wiki('absent', 'x.md'), undefined);
  assert.equal(markdown('Note.md', 'a/x.md'), 'a/Note.md');
  assert.equal(markdown('../b/Note.md', 'a/x.md'), 'b/Note.md');
  assert.equal(markdown('/b/Note.md', 'a/x.md'), 'b/Note.md');
  assert.equal(markdown('b/Note.md', 'a/x.md'), 'b/Note.md');
  assert.equal(markdown('../../out.md', 'a/x.md'), undefined);
});

function moved(paths: string[], from: string, to: string): Move {
  return {
    from,
    to,
    before: createLinkTargets(paths),
    after: createLinkTargets([...paths.filter((path) => path !== from), to]),
  };
}

test('links follow a renamed note in the way they were written', () => {
  const move = moved(['a/Old.md', 'b/x.md'], 'a/Old.md', 'c/El año (1).md');
  const text =
    '[[Old]] [[Old#H|alias]] ![[a/Old]] | [[Old\\|t]] | [t](../a/Old.md#h) [t](<../a/Old.md>) [[Old.md]] `[[Old]]` [[Other]]';
  assert.equal(
    rewriteLinks(text, 'b/x.md', move).text,
    '[[El año (1)]] [[El año (1)#H|alias]] ![[c/El año (1)]] | [[El año (1)\\|t]] | [t](../c/El%20año%20%281%29.md#h) [t](<../c/El año (1).md>) [[El año (1).md]] `[[Old]]` [[Other]]',
  );
  assert.equal(rewriteLinks(text, 'b/x.md', move).changed, 7);
});

test('the links of a note that moves to another folder still lead where they led', () => {
  const move = moved(['a/x.md', 'a/y.md', 'b/y.md', 'img.png'], 'a/x.md', 'b/x.md');
  assert.equal(
    rewriteLinks('[[y]] [y](y.md) ![i](../img.png) [s](x.md) [h](_hidden/z.png) [u](https://y.md)', 'a/x.md', move)
      .text,
    '[[a/y]] [y](../a/y.md) ![i](../img.png) [s](x.md) [h](../a/_hidden/z.png) [u](https://y.md)',
  );
});

test('a note that takes a name leaves the links to another of that name alone', () => {
  const move = moved(['deep/down/Name.md', 'Other.md', 'x.md'], 'Other.md', 'Name.md');
  assert.equal(rewriteLinks('[[Name]] [[Other]]', 'x.md', move).text, '[[deep/down/Name]] [[Name]]');
});

test('links in frontmatter are rewritten as their YAML values are written, or told of', () => {
  const text = `---
double: "[[Old]]"
single: '[[Old|it''s]]'
plain: see [[Old#H]]
block: >-
  [[Old]]
list: ["[[Old]]", '[[Old]]']
bare: [[Old]] # [[Old]]
---
[[Old]]
`;
  const rewrite = (to: string, from = 'Old.md', note = text) =>
    rewriteLinks(note, 'x.md', moved([from, 'x.md'], from, to));
  for (const stem of ['Renamed', `it's`, `"quoted"`, `it's "q"`, 'a, b', 'a: b', '{x}', '- x', 'año']) {
    const result = rewrite(`${stem}.md`);
    const fields = readFrontmatter(result.text);
    assert.equal(fields['double'], `[[${stem}]]`);
    assert.equal(fields['single'], `[[${stem}|it's]]`);
    assert.equal(fields['block'], `[[${stem}]]`);
    assert.equal(fields['plain'], stem === 'a: b' ? 'see [[Old#H]]' : `see [[${stem}#H]]`);
    assert.equal(result.changed + result.lost.length, 9);
    assert.equal(Array.isArray(fields['list']) && fields['list'].length, 2);
    // Read again, the links that could be written lead to the new name, and so back to the old.
    const targets = readLinks(result.text).map(({ target }) => target);
    assert.equal(targets.filter((target) => target.replace(/^\//, '') === stem).length, result.changed, result.text);
    const lost = new Set(result.lost.map(({ line }) => line));
    if (lost.size === 0) assert.equal(rewrite('Old.md', `${stem}.md`, result.text).text.replace('[[/', '[['), text);
  }
  assert.deepEqual(
    rewrite('a: b.md').lost.map(({ target, line }) => [target, line]),
    [
      ['Old', 4],
      ['Old', 8],
    ],
  );
  assert.equal(rewrite(`it's.md`, 'Old.md', '---\nup: "[[Old]]\n---\n').lost.length, 1);
});

const name = fc.constantFrom('A', 'B', 'a b', 'ñ', 'ñ'.normalize('NFD'), 'C (1)', 'x%20y', 'q?', '🟡', "it's");
const folder = fc.constantFrom('', 'A/', 'f/', 'f/g/', 'año nuevo/');
const notePath = fc.tuple(folder, name).map(([parent, stem]) => `${parent}${stem}.md`);
const vaultPaths = fc.uniqueArray(notePath, {
  minLength: 2,
  maxLength: 8,
  selector: (path) => path.normalize('NFC').toLowerCase(),
});

test('a move keeps every link leading to what it led to', () => {
  let rewritten = 0;
  fc.assert(
    fc.property(
      vaultPaths,
      fc.nat(),
      notePath,
      fc.nat(),
      fc.array(fc.tuple(fc.nat(), fc.nat(8)), { maxLength: 8 }),
      (paths, fromIndex, to, noteIndex, wanted) => {
        const from = paths[fromIndex % paths.length] ?? '';
        const same = (path: string) => path.normalize('NFC').toLowerCase() === to.normalize('NFC').toLowerCase();
        fc.pre(!paths.some(same));
        const note = paths[noteIndex % paths.length] ?? '';
        const move = moved(paths, from, to);
        const text = wanted.map(([index, way]) => link(paths[index % paths.length] ?? '', note, way)).join(' and ');
        const result = rewriteLinks(text, note, move);
        const newNote = note === from ? to : note;
        const before = readLinks(text).map((found) => move.before.resolve(found, note)?.path);
        const after = readLinks(result.text).map((found) => move.after.resolve(found, newNote)?.path);
        assert.equal(before.length, wanted.length);
        assert.deepEqual(
          after,
          before.map((path) => (path === from ? to : path)),
        );
        rewritten += result.changed;
      },
    ),
    { numRuns: 2000 },
  );
  assert.ok(rewritten > 500);
});

/** Writes a link to a note in one of the ways people do. */
function link(target: string, from: string, way: number): string {
  const stem = target.slice(0, -3);
  const up = '../'.repeat(from.split('/').length - 1);
  const encoded = target.replace(/[ ()%?]/g, (character) => `%${character.charCodeAt(0).toString(16)}`);
  const ways = [
    `[[${stem}]]`,
    `[[${stem.split('/').at(-1)}]]`,
    `![[${target}#Head|alias]]`,
    `[t](<${up}${target.replaceAll('%', '%25')}>)`,
    `[t](${up}${encoded})`,
    `[t](${up}${encodeURIComponent(target)
      .replace(/[()]/g, (c) => (c === '(' ? '%28' : '%29'))
      .replaceAll('%2F', '/')}#h)`,
    `[t](/${encoded} "title")`,
    `[[/${stem}]]`,
    `[t](./${up}${encoded})`,
  ];
  return ways[way] ?? '';
}
