import { type Replacement, replaceSpans } from '../edit/note-style.js';
import { rewriteLinks } from '../edit/rewrite-links.js';
import { limits } from '../markdown/note.js';
import { readText } from '../markdown/read-note.js';
import { type LinkStyle, styleOf } from './resolver.js';

/** A link of a canvas: a file that a node shows or lies on, or one in a node's text. */
export interface CanvasLink {
  readonly style: LinkStyle;
  readonly target: string;
  readonly anchor: string;
  readonly line: 0;
}

/** Returns the links of a canvas (JSON Canvas 1.0), at most as many as a note's; none for what is no canvas. */
export function readCanvasLinks(json: string): CanvasLink[] {
  const links: CanvasLink[] = [];
  for (const node of readNodes(json) ?? []) {
    if (links.length >= limits.links) break;
    for (const key of pathKeys) {
      const target = node.get(key)?.value ?? '';
      const anchor = key === 'file' ? (node.get('subpath')?.value ?? '') : '';
      if (target !== '') links.push({ style: 'path', target, anchor, line: 0 });
    }
    const text = node.get('text')?.value ?? '';
    for (const { kind, target, anchor } of mayHaveLinks(text) ? readText(text).links : []) {
      if (target !== '') links.push({ style: styleOf(kind), target, anchor, line: 0 });
    }
  }
  return links.slice(0, limits.links);
}

/**
 * Returns the canvas with those links led to the first of the targets that `newTargets` gives for them, how many were changed,
 * and the targets of those that none can be written for; every other byte stays. Undefined for what is no canvas.
 */
export function rewriteCanvas(
  json: string,
  newTargets: (link: Pick<CanvasLink, 'style' | 'target'>) => readonly string[] | undefined,
): { text: string; changed: number; lost: readonly string[] } | undefined {
  const nodes = readNodes(json);
  if (nodes === undefined) return undefined;
  const lost: string[] = [];
  const edits: Replacement[] = [];
  const edit = (start: number, end: number, text: string) =>
    edits.push({ start, end, written: JSON.stringify(text).slice(1, -1) });
  for (const node of nodes) {
    for (const { value, start, end } of pathKeys.flatMap((key) => node.get(key) ?? [])) {
      const targets = newTargets({ style: 'path', target: value });
      const [target] = targets ?? [];
      if (target !== undefined) edit(start + 1, end - 1, target);
      else if (targets !== undefined) lost.push(value);
    }
    const text = node.get('text');
    if (text === undefined || !mayHaveLinks(text.value)) continue;
    const rewritten = rewriteLinks(readText(text.value), ({ kind, target }) =>
      target === '' ? undefined : newTargets({ style: styleOf(kind), target }),
    );
    lost.push(...rewritten.lost.map(({ target }) => target));
    const offsetOf = literalOffsets(json, text.start);
    for (const { link, written } of rewritten.changes) edit(offsetOf(link.start), offsetOf(link.end), written);
  }
  return { text: replaceSpans(json, edits), changed: edits.length, lost };
}

/** To read a text costs the more, the more nodes there are. */
function mayHaveLinks(text: string): boolean {
  return /[[<]/.test(text);
}

/** A text of a node, and where its literal stands in the JSON, quotes included. */
interface Field {
  readonly value: string;
  readonly start: number;
  readonly end: number;
}

/** The file that a node shows, and the image that a group lies on. */
const pathKeys = ['file', 'background'] as const;

/** Returns the texts of each node by their names; undefined when the text is no JSON. */
function readNodes(json: string): ReadonlyMap<string, Field>[] | undefined {
  try {
    JSON.parse(json);
  } catch {
    return undefined;
  }
  const nodes: Map<string, Field>[] = [];
  const open: string[] = [];
  // The last key at each depth.
  const path: string[] = [];
  for (let at = 0; at < json.length; at++) {
    const mark = json[at] as string;
    if (mark === '{' || mark === '[') {
      open.push(mark);
      if (isNode(open, path)) nodes.push(new Map());
    } else if (mark === '}' || mark === ']') {
      open.pop();
    } else if (mark === '"') {
      const start = at;
      at = endOfLiteral(json, start) - 1;
      // Deeper ones say nothing of a node.
      if (open.length > 3) continue;
      const value = JSON.parse(json.slice(start, at + 1)) as string;
      if (isKey(json, at + 1)) path[open.length] = value;
      else if (isNode(open, path)) nodes.at(-1)?.set(path[3] ?? '', { value, start, end: at + 1 });
    }
  }
  return nodes;
}

function isNode(open: readonly string[], path: readonly string[]): boolean {
  return open.length === 3 && open.join('') === '{[{' && path[1] === 'nodes';
}

function isKey(json: string, after: number): boolean {
  let at = after;
  while (/\s/.test(json[at] ?? '')) at++;
  return json[at] === ':';
}

function endOfLiteral(json: string, start: number): number {
  for (let at = start + 1; ; at++) {
    const mark = json[at];
    if (mark === '\\') at++;
    else if (mark === '"') return at + 1;
  }
}

/** Returns where the units of a string stand in its literal, asked from growing offsets. */
function literalOffsets(json: string, start: number): (offset: number) => number {
  let at = start + 1;
  let counted = 0;
  return (offset) => {
    for (; counted < offset; counted++) at += json[at] !== '\\' ? 1 : json[at + 1] === 'u' ? 6 : 2;
    return at;
  };
}
