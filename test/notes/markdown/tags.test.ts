import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readText } from '../../../src/notes/markdown/read-note.js';

const cases: readonly (readonly [name: string, text: string, tags: string])[] = [
  [
    'letters of any language, digits, emoji',
    '#a #b/c #1a #a-b_c #é #标签 #🟡 #y1984',
    'a b/c 1a a-b_c é 标签 🟡 y1984',
  ],
  ['numbers are none', '#1 #1984 #1/2 #- #_ text', ''],
  ['what stands before', 'x#no #no# ##no /#no 中文#no (#a) "#b" #c,#d **#e** *#f* |#g| 中文，#h', 'no a b c d e f g h'],
  ['what ends one', '#a. #b: #c; #d! #e/ #f?x #g’s', 'a b c d e f g'],
  ['each once, in its first case', '#Tag #tag #TAG #tág', 'Tag tág'],
  ['headings, items, quotes and tables', '# H #a\n- #b\n> #c\n\n| #d |\n|-|\n| #e |', 'a b c d e'],
  ['at the beginning of a line', '#a\n#b text\n\n#c', 'a b c'],
  ['code', '`#no` ``#no`` #a\n\n```\n#no\n```\n\n    #no', 'a'],
  ['URLs and targets', 'https://x/#no http://x/a,#no [x](#no) [x](y#no) [[a#no]] ![[#no]] <http://x/#no>', ''],
  ['definitions', '[1]: #no\n[2]: x.md#no "#no"\n\n#a', 'a'],
  ['HTML', '<span style="color:#no" class="#no">#a</span> <!-- #no -->\n\n<div>\n#no\n</div>', 'a'],
  ['comments, math and templates', '%% #no %% $#no$ $$ #no $$ {{ #no }} {% #no %} <% #no %> #a', 'a'],
  ['escapes and entities', '\\#no &#35; &#x23; #a', 'a'],
  ['attributes', '# H {#no}\n\n![x](y){#no .z #no} {: #no}', ''],
  ['Unicode forms', '#café'.normalize('NFD'), 'café'],
  ['frontmatter', '---\ntags: [A, "#b", 3, x y]\n---\n#a #c', 'A b 3 x y c'],
  ['frontmatter in a line', '---\nTags: "#a, b c"\ntag: d\n---\n', 'a b c d'],
  ['TOML', '+++\ntags = ["a"]\n[taxonomies]\ntags = ["b"]\n+++\n#c', 'a b c'],
  ['frontmatter that cannot be read', '---\ntags: [a\n---\n#b', 'b'],
];

for (const [name, text, tags] of cases) {
  test(`tags: ${name}`, () => {
    assert.deepEqual(readText(text).tags.join(' '), tags);
    assert.deepEqual(readText(text.replaceAll('\n', '\r\n')).tags.join(' '), tags);
  });
}
