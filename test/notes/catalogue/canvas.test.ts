import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { readCanvasLinks, rewriteCanvas } from '../../../src/notes/catalogue/canvas.js';

const rename = ({ target }: { target: string }) =>
  /^Old(?:\.md)?$/.test(target) ? [target.replace('Old', 'dir/Neu "ä"')] : undefined;
const rewritten = (json: string) => rewriteCanvas(json, rename)?.text;
/** The text of one node, as its literal has it. */
const textNode = (literal: string) => `{"nodes":[{"id":"1","type":"text","text":"${literal}","x":0}],"edges":[]}`;

/** `@` stands for the target as the JSON has it. */
const texts: readonly string[] = [
  'see [[@]] and ![[@]]',
  '[[@|it]] [[@#Heading]] [[@#^id]]',
  '\\n\\"[[@]]\\"\\t\\\\ \\/ \\b\\f\\r\\n[[@]]',
  '\\ud83d\\ude00 😀 \\u00e9é [[@]] \\u005b[@]]',
  '[[@|\\"\\\\\\"]] [[@]]\\\\',
  '- [ ] task [[@]]\\n> quote [[@]]\\n\\n| a |\\n|-|\\n| [[@\\\\|b]] |',
  "---\\nup: '[[@]]'\\n---\\n[[@]]",
];
for (const literal of texts) {
  test(`links of a canvas follow in ${literal}`, () => {
    const before = textNode(literal.replaceAll('@', 'Old'));
    assert.equal(rewritten(before), textNode(literal.replaceAll('@', 'dir/Neu \\"ä\\"')));
    assert.equal(readCanvasLinks(before).length, literal.split('@').length - 1);
  });
}

test('Markdown links, files and backgrounds of a canvas follow, each in its own spelling', () => {
  const canvas = (file: string, url: string) =>
    `{ "nodes" :[\n\t{"type":"text","text":"[x](${url}.md \\"t\\") <a href='${url}.md'>\\n\\n[l]: ${url}.md"},
    {"type":"file" , "file" : "${file}.md","subpath":"#H"}, {"type":"group","label":"[[Old]]","background":"${file}.md"}]}\n`;
  const before = canvas('Old', 'Old');
  assert.equal(rewritten(before), canvas('dir/Neu \\"ä\\"', 'dir/Neu%20%22ä%22'));
  assert.deepEqual(
    readCanvasLinks(before).map(({ style, anchor }) => [style, anchor]),
    [...Array(3).fill(['markdown', '']), ['path', '#H'], ['path', '']],
  );
});

const others = [
  '{"nodes":[{"type":"link","url":"Old.md"},{"type":"group","label":"[[Old]]"},{"text":"`[[Old]]` $[[Old]]$ \\\\[[Old]]"}]}',
  '{"edges":[{"label":"[[Old]]","file":"Old.md"}],"file":"Old.md","x":{"nodes":[{"file":"Old.md"}]}}',
  '{"nodes":[[{"file":"Old.md"}],null,3,"Old.md",{"file":["Old.md"],"text":{"file":"Old.md"}},{"text":null}]}',
  '{"nodes":{"a":{"file":"Old.md"}}}',
  '{"notes":[{"file":"Old.md"}]}',
  '[{"nodes":[{"file":"Old.md"}]}]',
  '"Old.md"',
];
for (const json of others) {
  test(`no link of a canvas is in ${json}`, () => {
    assert.deepEqual([rewritten(json), readCanvasLinks(json)], [json, []]);
  });
}

test('what is no canvas has no links, and is not rewritten', () => {
  for (const json of ['', '{"nodes":[{"file":"Old.md"}', '{nodes:[]}']) {
    assert.deepEqual([rewritten(json), readCanvasLinks(json)], [undefined, []]);
  }
  assert.deepEqual(
    rewriteCanvas('{"nodes":[{"file":"Old.md"}]}', () => []),
    { text: '{"nodes":[{"file":"Old.md"}]}', changed: 0, lost: ['Old.md'] },
  );
});

test('all but the targets of a rewritten canvas is the same to the byte, however its JSON is written', () => {
  const word = fc.constantFrom('[[Older]]', 'é', '😀', '"', '\\', '\n', '/', ' ', '`', '{"file":"Old"}', '[[');
  const asUnits = (text: string) =>
    [...Array(text.length).keys()].map((at) => `\\u${text.charCodeAt(at).toString(16).padStart(4, '0')}`).join('');
  const literal = fc.oneof(
    fc.constant('[[Old]]'),
    word.map((text) => JSON.stringify(text).slice(1, -1)),
    word.map(asUnits),
  );
  const node = fc.array(literal, { maxLength: 12 }).map((words) => `{"text":"${words.join('')}"}`);
  fc.assert(
    fc.property(fc.array(node, { maxLength: 4 }), (nodes) => {
      const before = `{"nodes":[${nodes.join(' ,\n')}]}`;
      const { text = '', changed } = rewriteCanvas(before, rename) ?? {};
      assert.equal(text.replaceAll('dir/Neu \\"ä\\"', 'Old'), before);
      assert.equal(changed, readCanvasLinks(before).filter((link) => link.target === 'Old').length);
      assert.deepEqual(
        readCanvasLinks(text).map(({ target }) => target),
        readCanvasLinks(before).map((link) => rename(link)?.[0] ?? link.target),
      );
    }),
    { numRuns: 500 },
  );
});
