import { createRequire } from 'node:module';
import { posix } from 'node:path';

/**
 * A second opinion on links, which shares no code with what it judges: the reference implementation of CommonMark reads them,
 * and a search through all paths resolves them.
 */
export interface JudgedLink {
  readonly style: 'markdown' | 'wiki';
  /** Without anchor, decoded. */
  readonly target: string;
  readonly anchor: string;
}

interface Node {
  readonly type: string;
  readonly literal: string | null;
  readonly destination: string | null;
  /** Of blocks: the first and the last line, with columns. */
  readonly sourcepos?: readonly [readonly [number, number], readonly [number, number]];
  walker(): { next(): { node: Node; entering: boolean } | null };
}

const require = createRequire(import.meta.url);
const { Parser } = require('commonmark') as { Parser: new () => { parse(text: string): Node } };
const wikilink = /\[\[([^[\]\n|#]*)(#[^[\]\n|]*)?(?:\|[^[\]\n]*)?\]\]/g;
/** Shortcodes of Hugo and tags of Liquid that show what is between them as code. */
const codeTemplate = /\{\{[<%]\s*(code-toggle|highlight)\b[\s\S]*?\{\{[<%]\s*\/\1\s*[>%]\}\}/g;
/** The reference implementation knows no footnotes: it takes one that is a link for a definition. */
const footnoteMark = /^\[\^[^\]\n]+\]:/gm;
const code = /(?<!`)(`+)(?!`)[\s\S]*?[^`]\1(?!`)/g;
const reference = /\b(?:href|src)\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'>]+))/g;

/** Returns the links of a note, in the order in which the reference implementation comes to them. */
export function judgeLinks(text: string): JudgedLink[] {
  const frontmatter = /^---\r?\n[\s\S]*?\n---[ \t]*(?:\r?\n|$)/.exec(text)?.[0] ?? '';
  const links = wikilinksOf(frontmatter);
  const body = text
    .slice(frontmatter.length)
    .replaceAll('\r\n', '\n')
    .replace(codeTemplate, (code) => code.replace(/[^\n]/g, ' '))
    .replace(footnoteMark, (mark) => ' '.repeat(Math.min(3, mark.length)));
  const lines = body.split('\n');
  const walker = new Parser().parse(body).walker();
  for (let event = walker.next(); event !== null; event = walker.next()) {
    const { node, entering } = event;
    if (!entering) continue;
    if (node.type === 'paragraph' || node.type === 'heading') {
      const [[first], [last]] = node.sourcepos ?? [[1], [0]];
      const prose = lines
        .slice(first - 1, last)
        .join('\n')
        .replace(code, '')
        .replace(/<!--[\s\S]*?-->/g, '');
      // In a table the bar before an alias is escaped.
      links.push(...wikilinksOf(prose.replaceAll('\\|', '|')));
    } else if ((node.type === 'link' || node.type === 'image') && node.destination !== null) {
      links.push(...address(node.destination));
    } else if (node.type === 'html_inline' || node.type === 'html_block') {
      for (const match of (node.literal ?? '').matchAll(reference)) {
        links.push(...address(match[1] ?? match[2] ?? match[3] ?? ''));
      }
    }
  }
  return links;
}

function wikilinksOf(text: string): JudgedLink[] {
  return [...text.matchAll(wikilink)].flatMap(([, target = '', anchor = '']) => {
    const name = target.replace(/\\$/, '').trim();
    return name === '' || name.includes('://') ? [] : [{ style: 'wiki' as const, target: name, anchor }];
  });
}

function address(written: string): JudgedLink[] {
  if (/^(?:[a-z][a-z0-9+.-]*:|\/\/)/i.test(written)) return [];
  const [, path = '', anchor = ''] = /^([^#]*)(.*)$/s.exec(written) ?? [];
  const target = decode(path.replace(/(\.\w{1,8})\?.*$/s, '$1'));
  return target === '' || target.startsWith('[[') ? [] : [{ style: 'markdown', target, anchor: decode(anchor) }];
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** Returns where links lead in a vault of these files; undefined for one that leads nowhere. */
export function judgeTargets(paths: readonly string[]): (link: JudgedLink, from: string) => string | undefined {
  const byPath = new Map<string, string[]>();
  const byName = new Map<string, string[]>();
  for (const path of paths) {
    put(byPath, fold(path), path);
    put(byName, fold(posix.basename(path)), path);
  }
  const exactly = (path: string) => {
    if (path.startsWith('../')) return undefined;
    const found = byPath.get(fold(path)) ?? [];
    return found.find((each) => each.normalize('NFC') === path.normalize('NFC')) ?? found[0];
  };
  return ({ style, target }, from) => {
    const names = /\.md$/i.test(target) ? [target] : [`${target}.md`, target];
    const folder = posix.dirname(from);
    const first = (look: (name: string) => string | undefined) => {
      for (const name of names) {
        const found = look(name);
        if (found !== undefined) return found;
      }
      return undefined;
    };
    const relative = () => first((name) => exactly(posix.join(folder, name)));
    const top = () => first((name) => exactly(posix.normalize(name.replace(/^\/+/, ''))));
    const named = () =>
      first((name) => {
        const fitting = (byName.get(fold(posix.basename(name))) ?? []).filter((path) =>
          `/${fold(path)}`.endsWith(`/${fold(name)}`),
        );
        fitting.sort((a, b) => a.length - b.length || (a < b ? -1 : 1));
        return fitting.find((path) => posix.dirname(path) === folder) ?? fitting[0];
      });
    if (target.startsWith('/')) return top();
    if (/^\.\.?\//.test(target)) return relative();
    return style === 'markdown' ? (relative() ?? top() ?? named()) : (top() ?? named());
  };
}

function fold(path: string): string {
  return path.normalize('NFC').toLowerCase();
}

function put(map: Map<string, string[]>, key: string, value: string): void {
  const values = map.get(key);
  if (values === undefined) map.set(key, [value]);
  else values.push(value);
}

/** A line without what may change in a move: the targets of its links. */
export function withoutTargets(line: string): string {
  return line
    .replace(/\[\[[^[\]|#]*?(?=\\?\||#|\]\]|$)/g, '[[')
    .replace(/\]\(\s*(?:<[^<>]*>|(?:[^\s()#]|\([^\s()]*\))*)/g, '](')
    .replace(/(\]:\s*)(?:<[^<>]*>|[^\s#]+)/g, '$1')
    .replace(/\b(href|src)(\s*=\s*)(?:"[^"]*"|'[^']*'|[^\s>]+)/g, '$1$2');
}
