import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { test } from 'node:test';
import fc from 'fast-check';
import { readBlocks } from '../../../src/notes/markdown/blocks.js';
import { decodePercent, unescapeMarkdown } from '../../../src/notes/markdown/destinations.js';
import { readInline } from '../../../src/notes/markdown/inline.js';
import { runs } from '../../full.js';

interface ReferenceNode {
  readonly type: string;
  readonly level: number;
  readonly destination: string;
  /** Of blocks. */
  readonly sourcepos?: readonly [readonly [number, number], readonly [number, number]];
  walker(): { next(): { node: ReferenceNode; entering: boolean } | null };
}

const require = createRequire(import.meta.url);
const { Parser } = require('commonmark') as { Parser: new () => { parse(text: string): ReferenceNode } };
const { tests } = require('commonmark-spec') as { tests: { markdown: string; number: number; section: string }[] };

interface Reading {
  readonly blocks: string[];
  /** With their destinations decoded, sorted. */
  readonly links: string[];
}

const names: Readonly<Record<string, string>> = { code_block: 'code', html_block: 'html', thematic_break: 'rule' };

/** Blocks with the lines they begin in (HTML with its last too), and links, as the reference implementation reads them. */
function readByReference(text: string): Reading {
  const blocks: string[] = [];
  const links: string[] = [];
  const walker = new Parser().parse(text).walker();
  for (let event = walker.next(); event !== null; event = walker.next()) {
    if (!event.entering) continue;
    const { type, level, sourcepos, destination } = event.node;
    const [[first], [last]] = sourcepos ?? [[0], [0]];
    if (type === 'heading') blocks.push(`heading ${level} at ${first}`);
    else if (type === 'paragraph') blocks.push(`paragraph at ${first}`);
    else if (names[type] !== undefined)
      blocks.push(`${names[type]} at ${first}${type === 'html_block' ? `-${last}` : ''}`);
    else if (type === 'link' || type === 'image') links.push(`${type} ${decodePercent(destination)}`);
  }
  return { blocks, links: links.sort() };
}

function readByOurs(text: string): Reading {
  const blocks: string[] = [];
  const links: string[] = [];
  const destinations = new Map<string, string>();
  const decode = (content: string, { start, end }: { start: number; end: number }) =>
    decodePercent(unescapeMarkdown(content.slice(start, end)));
  const lineOf = (offset: number) => text.slice(0, offset).split('\n').length;
  const define = (label: string, destination: { start: number; end: number }, content: string) => {
    if (!destinations.has(label)) destinations.set(label, decode(content, destination));
  };
  readBlocks(text, 0, define, () => {});
  readBlocks(text, 0, define, ({ kind, level, content, start, lineStart, lineEnd }) => {
    const lines = kind === 'html' ? `${lineOf(lineStart)}-${lineOf(lineEnd - 1)}` : lineOf(lineStart);
    blocks.push(kind === 'heading' ? `heading ${level} at ${lines}` : `${kind} at ${lines}`);
    assert.ok(text.startsWith(content.slice(0, 1), start) || content.startsWith(' '));
    if (kind !== 'paragraph' && kind !== 'heading') return;
    readInline(content, {
      isDefined: (label) => destinations.has(label),
      link: (isImage, destination) => links.push(`${isImage ? 'image' : 'link'} ${decode(content, destination)}`),
      wikilink: (_, inner) => links.push(`wikilink ${inner}`),
      tag: () => {},
      htmlTag: () => {},
    });
  });
  // References are read, so that links around them are none, but are no links of the note.
  return { blocks, links: links.sort() };
}

/** Where the reference says that a paragraph with definitions before it begins, we say where its text does. */
const otherwiseCounted = new Set([215, 216]);
/** `&ouml;` and most other names of entities are not decoded in targets. */
const entities = new Set([32, 503]);
/** Double brackets are wikilinks. */
const wikilinks = new Set([548, 559, 590]);

for (const { markdown, number, section } of tests) {
  const text = markdown.replaceAll('→', '\t');
  test(`CommonMark example ${number} (${section})`, () => {
    const expected = readByReference(text);
    const read = readByOurs(text);
    if (!otherwiseCounted.has(number)) assert.deepEqual(read.blocks, expected.blocks);
    if (entities.has(number) || wikilinks.has(number)) return;
    // Without definitions and autolinks, which are no links to notes, all links are the same.
    const isInline = !/\]:|<[a-z][a-z0-9+.-]+:|<[\w.+-]+@/im.test(text);
    if (isInline) assert.deepEqual(read.links, expected.links);
    else for (const link of read.links) assert.ok(expected.links.includes(link), link);
  });
}

const pieces = [
  'a',
  'b c',
  ' ',
  '    ',
  '\t',
  '\n',
  '\n\n',
  '- ',
  '* ',
  '1. ',
  '2) ',
  '> ',
  '>',
  '# ',
  '## b',
  '===',
  '---',
  '***',
];
const marks = [
  '```',
  '~~~',
  '`',
  '``',
  '<div>',
  '</div>',
  '<pre>',
  '</pre>',
  '<!--',
  '-->',
  '<b>',
  '<i a="b">',
  '<?',
  '?>',
  '|',
  '\\',
];
const brackets = ['[', ']', '](', '(', ')', '![', '[x](y)', '<', '>', '"', "'", '[x]: y\n', '*', '_', '&amp;', '[x]'];

test('any text has the blocks and links that the reference implementation finds', () => {
  let links = 0;
  fc.assert(
    fc.property(fc.array(fc.constantFrom(...pieces, ...marks, ...brackets), { maxLength: 25 }), (parts) => {
      const text = parts.join('');
      // Ours differ by intent: wikilinks, definition lists, delimiter rows, regions of math and templates, definitions' lines.
      // The reference takes no tab around a destination, which the specification does (section 6.3).
      if (/\[\[|\]:|[|]|\]\([^)]*\t/.test(text)) return;
      const expected = readByReference(text);
      const read = readByOurs(text);
      assert.deepEqual(read, expected);
      links += read.links.length;
    }),
    runs(1_000, 100_000),
  );
  assert.ok(links > 20);
});
