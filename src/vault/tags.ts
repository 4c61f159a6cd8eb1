import { findFrontmatter, frontmatterTags } from './frontmatter.js';
import { maskCode } from './mask-code.js';

/** Returns the tags of a note without `#`, each once, in order: those of its frontmatter `fields`, then `#tags` in its text. */
export function readTags(text: string, fields: Readonly<Record<string, unknown>>): string[] {
  const body = text.slice(findFrontmatter(text)?.bodyStart ?? 0);
  const tags = new Map<string, string>();
  for (const tag of frontmatterTags(fields)) keep(tags, tag);
  if (!body.includes('#')) return [...tags.values()];
  const prose = maskCode(body)
    .replace(/\]\([^()\s]*\)/g, ' ')
    .replace(/\[\[[^[\]\r\n]*\]\]/g, ' ')
    .replace(/https?:\/\/\S+/g, ' ');
  // A tag has at least one character that is no digit, so that "#1" stays an ordinal.
  for (const [, tag] of prose.matchAll(/(?<=^|[\s(,;>*_"'])#([\p{L}\p{M}\p{N}\p{Extended_Pictographic}_/-]+)/gmu)) {
    if (tag !== undefined && !/^[\p{N}/_-]+$/u.test(tag)) keep(tags, tag.replace(/\/+$/, ''));
  }
  return [...tags.values()];
}

/** Tags are one whatever their case, as in the editors; the first spelling is shown. */
function keep(tags: Map<string, string>, tag: string): void {
  const name = tag.normalize('NFC');
  const key = name.toLowerCase();
  if (name !== '' && !tags.has(key)) tags.set(key, name);
}
