import { parse } from 'yaml';
import { fold } from './analyser.js';

/** Returns a note's tags without `#`, each once: `tags` or `tag` of its frontmatter, then `#tag` words outside code. */
export function findTags(text: string): string[] {
  const { frontmatter, body } = splitFrontmatter(text);
  const prose = body.replace(/^ {0,3}(```+|~~~+)[\s\S]*?^ {0,3}\1/gm, '').replace(/`[^`\n]*`/g, '');
  const inline = [...prose.matchAll(/(?<![^\s(,;])#([\p{L}\p{N}\p{M}_/-]+)/gu)].map((match) => match[1] ?? '');
  const tags = [...frontmatterTags(frontmatter), ...inline.filter((tag) => /[^\p{N}]/u.test(tag))];
  return [...new Set(tags.map((tag) => tag.normalize('NFC').replace(/^#|\/$/g, '')).filter((tag) => tag !== ''))];
}

/** True if one of `tags` is `wanted` or lies below it (`project/alpha` below `project`); case and accents are equal. */
export function hasTag(tags: readonly string[], wanted: string): boolean {
  const folded = fold(wanted.replace(/^#|\/$/g, ''));
  return tags.some((tag) => {
    const candidate = fold(tag);
    return candidate === folded || candidate.startsWith(`${folded}/`);
  });
}

function splitFrontmatter(text: string): { frontmatter: string; body: string } {
  const match = /^---[ \t]*\r?\n([\s\S]*?)^(?:---|\.\.\.)[ \t]*(?:\r?\n|$)/m.exec(text);
  if (match === null || match.index !== 0) return { frontmatter: '', body: text };
  return { frontmatter: match[1] ?? '', body: text.slice(match[0].length) };
}

function frontmatterTags(frontmatter: string): string[] {
  if (!/^tags?\s*:/im.test(frontmatter)) return [];
  const fields = parseYaml(frontmatter);
  return Object.entries(fields)
    .filter(([key]) => /^tags?$/i.test(key))
    .flatMap(([, value]) => (Array.isArray(value) ? value : [value]))
    .flatMap((value) => (typeof value === 'string' || typeof value === 'number' ? `${value}`.split(/[,\s]+/) : []));
}

/** Broken frontmatter costs a note its tags there, not its place in the index. */
function parseYaml(frontmatter: string): object {
  try {
    const value: unknown = parse(frontmatter, { logLevel: 'silent' });
    return typeof value === 'object' && value !== null ? value : {};
  } catch {
    return {};
  }
}
