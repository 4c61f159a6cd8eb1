import { isDeepStrictEqual } from 'node:util';

/** A file that a canvas shows, as a link. */
export interface CanvasLink {
  readonly style: 'path';
  readonly target: string;
  readonly anchor: string;
  readonly line: 0;
}

const maxNodes = 10_000;

/** Returns the files that the nodes of a canvas show (JSON Canvas 1.0); none for what is no canvas. */
export function readCanvasLinks(text: string): CanvasLink[] {
  return nodesOf(parse(text)).flatMap(({ file, subpath }) => {
    if (typeof file !== 'string' || file === '') return [];
    return [{ style: 'path', target: file, anchor: typeof subpath === 'string' ? subpath : '', line: 0 }];
  });
}

/**
 * Returns the text of a canvas with the files of its nodes named as `rename` says (undefined: as before) and how many were
 * changed; every other byte stays. Undefined when the text cannot be changed so.
 */
export function rewriteCanvas(
  text: string,
  rename: (file: string) => string | undefined,
): { text: string; changed: number } | undefined {
  const before = parse(text);
  if (before === undefined) return undefined;
  let changed = 0;
  const after = text.replace(/("file"\s*:\s*)("[^"\\]*(?:\\.[^"\\]*)*")/g, (whole, key: string, literal: string) => {
    const file: unknown = parse(literal);
    const renamed = typeof file === 'string' ? rename(file) : undefined;
    if (renamed === undefined) return whole;
    changed++;
    return key + JSON.stringify(renamed);
  });
  const expected = structuredClone(before);
  let nodes = 0;
  for (const node of nodesOf(expected)) {
    const renamed = typeof node['file'] === 'string' ? rename(node['file']) : undefined;
    if (renamed === undefined) continue;
    node['file'] = renamed;
    nodes++;
  }
  return nodes === changed && isDeepStrictEqual(parse(after), expected) ? { text: after, changed } : undefined;
}

type CanvasNode = Record<string, unknown>;

function nodesOf(canvas: unknown): CanvasNode[] {
  if (typeof canvas !== 'object' || canvas === null || !('nodes' in canvas) || !Array.isArray(canvas.nodes)) return [];
  const nodes: unknown[] = canvas.nodes.slice(0, maxNodes);
  return nodes.filter((node): node is CanvasNode => typeof node === 'object' && node !== null);
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
