import { foldPath } from '../files/note-path.js';
import { type Leaf, readBlocks } from './blocks.js';
import type { Destination } from './destinations.js';
import { fieldOf, readFrontmatter, scalarsOf } from './frontmatter.js';
import { readHtmlTags } from './html-tags.js';
import { readInline } from './inline.js';
import { frontmatterLinks, htmlLinks, type LinkDraft, markdownLink, wikilink } from './links.js';
import { type KeyLine, readDates, readKeyLine, textOf } from './metadata.js';
import { type Block, type Heading, type Link, limits, type ParsedNote, type PropertyValue } from './note.js';
import { createLineCounter, decodeText, endOfLines } from './note-text.js';
import { plainText } from './plain-text.js';
import { addTag, frontmatterAliases, frontmatterTags } from './tags.js';

const keyLines = 15;
const maxTitleCharacters = 200;
const blockId = /(?:^|[ \t\n])\^([A-Za-z0-9-]{1,100})\s*$/;
/** What a paragraph may have and still be no text: tags, embeds and images, linked ones too, HTML tags, comments, keys. */
const noText =
  /!\[\[[^[\]]*\]\]|\[?!\[[^[\]]*\]\([^()]*\)(?:\]\([^()]*\))?|#[^\s#]+|<!--[^<>]*-->|<\/?[a-z][^<>]*>|%%[^%]*%%/gi;

/** Returns what a note's bytes say: pure, in time and memory linear in their number, and never an error (see `problem`). */
export function readNote(bytes: Uint8Array): ParsedNote {
  if (bytes.length > limits.noteBytes) {
    const message = `The note is too large: ${bytes.length} bytes, and notes may have ${limits.noteBytes}. Split it into smaller notes.`;
    return { ...readText(''), problem: { code: 'too_large', message } };
  }
  const decoded = decodeText(bytes);
  if (decoded !== undefined) return readText(decoded.text, decoded.hasMark);
  return { ...readText(''), problem: { code: 'not_text', message: 'The file is not UTF-8 text.' } };
}

/** Returns what a note's text, without its byte order mark, says; of any length. */
export function readText(text: string, hasMark = false): ParsedNote {
  const { frontmatter, document, problem } = readFrontmatter(text);
  const { bodyStart, data } = frontmatter;
  const links: Link[] = [];
  const tags = new Map<string, string>();
  const outline: Heading[] = [];
  const lineAt = createLineCounter(text);
  const blocks: Block[] = [];
  const lines: KeyLine[] = [];
  const keysEnd = endOfLines(text, bodyStart, keyLines);
  const labels = new Set<string>();
  let title = textOf(fieldOf(data, 'title'));
  let mayBeTitle = title === undefined;
  let previous: Leaf | undefined;
  const cut = new Set<string>();

  function addLink(link: LinkDraft | undefined): void {
    if (link === undefined) return;
    if (links.length === limits.links) cut.add('links');
    else links.push({ ...link, line: lineAt(link.start) });
  }

  function tag(written: string): void {
    if (!addTag(tags, written)) cut.add('tags');
  }

  function readInlineAt(content: string, base: number): void {
    readInline(content, {
      isDefined: (label) => labels.has(label),
      link: (isImage, destination) => addLink(markdownLink(isImage ? 'image' : 'markdown', content, destination, base)),
      wikilink: (isEmbed, inner, innerStart) => addLink(wikilink(isEmbed, inner, base + innerStart)),
      tag,
      htmlTag: (tag, start) => htmlLinks(tag, base + start).forEach(addLink),
    });
  }

  /** What follows a comment in its last line is text to the editors, though HTML to CommonMark. */
  function readHtml({ content, start: base }: Leaf): void {
    const commentEnd = content.startsWith('<!--') ? content.indexOf('-->', 2) : -1;
    if (commentEnd !== -1) readInlineAt(content.slice(commentEnd + 3), base + commentEnd + 3);
    else readHtmlTags(content, (tag, start) => htmlLinks(tag, base + start).forEach(addLink));
  }

  function readKeys(leaf: Leaf): boolean {
    if (leaf.start >= keysEnd) return false;
    const found = leaf.content
      .slice(0, keysEnd - leaf.start)
      .split('\n')
      .flatMap(readKeyLine);
    lines.push(...found);
    return found.length > 0;
  }

  function addHeading({ level, content, lineStart, lineEnd }: Leaf): void {
    if (outline.length === limits.headings) cut.add('headings');
    else {
      const source = content.trim();
      const line = lineAt(lineStart);
      outline.push({ level, text: plainText(source), source, line, start: lineStart, contentStart: lineEnd });
    }
  }

  function readBlockId(leaf: Leaf): void {
    const last = leaf.content.slice(-150);
    const id = last.includes('^') ? blockId.exec(last)?.[1] : undefined;
    if (id === undefined) return;
    const isAlone = leaf.content.trim() === `^${id}`;
    const named = isAlone ? previous : leaf;
    if (named === undefined) return;
    if (blocks.length === limits.blocks) cut.add('block ids');
    else blocks.push({ id, start: isAlone ? named.outermost : named.lineStart, end: named.lineEnd });
  }

  function readTitle(leaf: Leaf, hasKeys: boolean): void {
    const isText =
      leaf.kind === 'code' || leaf.kind === 'math' || (leaf.kind === 'heading' && leaf.content.trim() !== '');
    if (leaf.level === 1 && leaf.depth === 0) title = plainText(leaf.content) || undefined;
    if (title !== undefined || isText) mayBeTitle = false;
    else if ((leaf.kind === 'paragraph' || leaf.kind === 'html') && !hasKeys) {
      mayBeTitle = leaf.content.length < 5_000 && leaf.content.replace(noText, '').trim() === '';
    }
  }

  frontmatterTags(data).forEach(tag);
  frontmatterLinks(text, frontmatter, document).forEach(addLink);
  const addDefinition = (_label: string, destination: Destination, content: string, base: number) =>
    addLink(markdownLink('definition', content, destination, base));
  if (text.includes(']:', bodyStart)) {
    readBlocks(
      text,
      bodyStart,
      (label) => labels.add(label),
      () => {},
    );
  }
  readBlocks(text, bodyStart, addDefinition, (leaf) => {
    const { kind, depth, content, start } = leaf;
    const isProse = kind === 'paragraph' || kind === 'heading';
    const hasKeys = isProse && readKeys(leaf);
    if (mayBeTitle) readTitle(leaf, hasKeys);
    if (kind === 'paragraph') readBlockId(leaf);
    if (kind === 'heading' && depth === 0) addHeading(leaf);
    if (kind === 'html') readHtml(leaf);
    if (isProse) readInlineAt(content, start);
    previous = leaf;
  });

  const dates = readDates(lines, data);
  const aliases = frontmatterAliases(data);
  const tagList = [...tags.values()];
  return {
    text,
    hasMark,
    frontmatter,
    title: title?.slice(0, maxTitleCharacters),
    ...dates,
    aliases,
    tags: tagList,
    properties: readProperties(data, lines, { status: dates.status, aliases, tags: tagList }),
    outline,
    links,
    blocks,
    problem: describeProblem(problem, [...cut]),
  };
}

function readProperties(
  data: Readonly<Record<string, unknown>>,
  lines: readonly KeyLine[],
  read: { status: string | undefined; aliases: readonly string[]; tags: readonly string[] },
): Map<string, readonly PropertyValue[]> {
  const written = [
    ...Object.entries(data).map(([key, value]) => [foldPath(key), scalarsOf(value)] as const),
    ...lines.map(({ key, value }) => [foldPath(key), [value]] as const),
  ];
  // A status can be asked for by its group and by its word.
  const word = written.find(([key]) => key === 'status' || key === 'estado')?.[1] ?? [];
  const status = read.status === undefined ? [] : [...new Set([read.status, ...word])];
  const properties = new Map<string, readonly PropertyValue[]>();
  for (const [key, values] of [
    ['status', status],
    ['tags', read.tags],
    ['aliases', read.aliases],
    ...written,
  ] as const) {
    if (values.length > 0 && !properties.has(key)) properties.set(key, values);
  }
  return properties;
}

function describeProblem(frontmatter: string | undefined, cut: readonly string[]): ParsedNote['problem'] {
  const parts: string[] = [];
  if (frontmatter !== undefined) parts.push(`The frontmatter cannot be read: ${frontmatter}.`);
  if (cut.length > 0) parts.push(`The note has more ${cut.join(' and ')} than are read.`);
  if (parts.length === 0) return undefined;
  return { code: frontmatter === undefined ? 'cut' : 'bad_frontmatter', message: parts.join(' ') };
}
