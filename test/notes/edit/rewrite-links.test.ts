import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { rewriteLinks } from '../../../src/notes/edit/rewrite-links.js';
import { readText } from '../../../src/notes/markdown/read-note.js';
import { runs } from '../../full.js';

/** Gives every link to `Old` or `Old.md` the new target, with `.md` where it had that. */
function rename(text: string, to: string, from = 'Old') {
  return rewriteLinks(readText(text), ({ target }) =>
    target === from ? [to] : target === `${from}.md` ? [`${to}.md`] : undefined,
  );
}

const changes: readonly (readonly [text: string, to: string, expected: string])[] = [
  [
    '[[Old]] [[Old#H|alias]] ![[Old]] [[Old.md]] `[[Old]]` [[Other]]',
    'El año (1)',
    '[[El año (1)]] [[El año (1)#H|alias]] ![[El año (1)]] [[El año (1).md]] `[[Old]]` [[Other]]',
  ],
  ['| [[Old\\|t]] |\n|-|\n| [[ Old ]] |', 'New', '| [[New\\|t]] |\n|-|\n| [[ New ]] |'],
  [
    '[t](Old.md#h "x") [t](<Old.md>) [t]( Old.md )',
    'a (b) c',
    '[t](a%20%28b%29%20c.md#h "x") [t](<a (b) c.md>) [t]( a%20%28b%29%20c.md )',
  ],
  ['[t](Old.md) [t](%C3%B1.md)', 'ñandú', '[t](ñandú.md) [t](%C3%B1.md)'],
  ['[r]: Old.md "t"\n> [s]: <Old.md>', '100%', '[r]: 100%25.md "t"\n> [s]: <100%25.md>'],
  [
    `<a href="Old.md#h"> <img src='Old.md'> <a href=Old.md>`,
    `it's "x" & <y>`,
    `<a href="it%27s%20%22x%22%20%26%20%3Cy%3E.md#h"> <img src='it%27s%20%22x%22%20%26%20%3Cy%3E.md'> <a href=it%27s%20%22x%22%20%26%20%3Cy%3E.md>`,
  ],
  ['[t](Old.md)', 'Note: x', '[t](Note%3A%20x.md)'],
  ['[t](Old.md) [t](<Old.md>)', 'a?b#c', '[t](a%3Fb%23c.md) [t](<a%3Fb%23c.md>)'],
  ['[t](Old.md) costs $5', 'a$b', '[t](a%24b.md) costs $5'],
  ['[t](<Old.md>)', '{{x}} $' + '{y}', '[t](<%7B{x}} %24{y}.md>)'],
  ['[t](Old.md)', '[x]{y}`|\\', '[t](%5Bx%5D%7By%7D%60%7C%5C.md)'],
  ['[t](Old.md) [t](<Old.md>)', 'a&amp;b', '[t](a%26amp;b.md) [t](<a%26amp;b.md>)'],
  [
    '---\nup: "[[Old]]"\ns: \'[[Old|x]]\'\np: see [[Old]]\n---\n',
    'it\'s "x"',
    '---\nup: "[[it\'s \\"x\\"]]"\ns: \'[[it\'\'s "x"|x]]\'\np: see [[it\'s "x"]]\n---\n',
  ],
  ['> [[Old]]\r\n> text\r\n', 'New', '> [[New]]\r\n> text\r\n'],
];

for (const [text, to, expected] of changes) {
  test(`the targets of ${JSON.stringify(text.slice(0, 50))} become ${JSON.stringify(to)}`, () => {
    const { text: now, lost } = rename(text, to);
    assert.equal(now, expected);
    assert.equal(lost.length, 0);
    assert.equal(rename(now, 'Old', to).text.replace(/%20\.md/g, '.md'), text);
  });
}

test('a name that cannot stand where a link does is told, and the text stays', () => {
  const lost = (text: string, to: string) => {
    const result = rename(text, to);
    assert.equal(result.text, text);
    assert.equal(result.changes.length, 0);
    return result.lost.length;
  };
  for (const name of ['a[b', 'a]b', 'a|b', 'a#b', ' a', 'a ', 'a\\', 'x://y'])
    assert.equal(lost('[[Old]]', name), 1, name);
  assert.equal(lost('---\nx: see [[Old]]\n---\n', 'a: b'), 1);
  assert.equal(lost('---\nx: [[[Old]]]\n---\n', 'a, b'), 1);
  assert.equal(lost('---\nx: "[[Old]]\n---\n', `it's`), 1);
});

test('the first of several targets that can be written is taken', () => {
  const { text } = rewriteLinks(readText('[[Old]] [x](Old)'), () => ['a|b', 'c', 'd']);
  assert.equal(text, '[[c]] [x](a%7Cb)');
});

test('a name that would have the text around it read otherwise is not written', () => {
  const text = 'costs $5 [[Other]] and [[Old]] more';
  const { text: now, changes: made, lost } = rename(text, 'a$');
  assert.deepEqual([now, made.length, lost.length], [text, 0, 1]);
  const percent = '%% [[Old]] x [[Other]]';
  assert.deepEqual(rename(percent, 'a%%b').text, percent);
});

test('nothing but targets changes, each as its kind is written, whatever the text', () => {
  const names = fc.constantFrom(
    'New',
    'a b',
    'ñ (1)',
    "it's",
    '"q"',
    'a, b',
    'a: b',
    '{x}',
    '- x',
    '100%',
    'x%20y',
    '🟡',
    'a&amp;b',
    '$x$',
    '`x`',
    '%%x%%',
    '<b>',
    'Ñ'.normalize('NFD'),
  );
  const pieces = fc.constantFrom(
    '[[Old]]',
    '[[Old|x]]',
    '![[Old#h]]',
    '[x](Old.md)',
    '[x](<Old.md> "t")',
    '![x](Old.md#h)',
    '<img src="Old.md">',
    '[r]: Old.md\n',
    '`',
    '$',
    '%%',
    '\n',
    '\n\n',
    ' text ',
    '> ',
    '- ',
    '    ',
    '[',
    ']',
    '(',
    '|',
    '\\',
    '{{',
    '}}',
    '<!--',
    '-->',
    '[[Other]]',
    '#t',
  );
  let changedLinks = 0;
  fc.assert(
    fc.property(fc.array(pieces, { maxLength: 15 }), names, fc.boolean(), (parts, name, hasFrontmatter) => {
      const text = `${hasFrontmatter ? '---\nup: "[[Old]]"\nx: [\'[[Old]]\']\n---\n' : ''}${parts.join('')}`;
      const before = readText(text);
      const { text: now, changes: made, lost } = rename(text, name);
      const after = readText(now);
      const wanted = before.links.filter(({ target }) => target === 'Old' || target === 'Old.md').length;
      assert.equal(made.length + lost.length, wanted);
      assert.deepEqual(
        after.links.map(({ kind, anchor }) => [kind, anchor]),
        before.links.map(({ kind, anchor }) => [kind, anchor]),
      );
      const rest = (note: typeof before) => {
        const kept: string[] = [];
        let at = 0;
        for (const { start, end, target } of note.links) {
          if (!['Old', name].includes(target.replace(/\.md$/, ''))) continue;
          kept.push(note.text.slice(at, start));
          at = end;
        }
        return [...kept, note.text.slice(at)];
      };
      assert.deepEqual(rest(after), rest(before));
      if (lost.length === 0) {
        const back = rename(now, 'Old', name);
        assert.equal(back.text, text);
      }
      changedLinks += made.length;
    }),
    runs(600, 20_000),
  );
  assert.ok(changedLinks > 300, `only ${changedLinks} links were changed`);
});
