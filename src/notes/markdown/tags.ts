import { normalizeText } from '../../text.js';
import { fieldOf, scalarsOf } from './frontmatter.js';
import { limits } from './note.js';

/**
 * Adds a tag to those of a note, each once whatever its case, as in the editors; the first spelling is shown. Returns false
 * when there are more, or it is longer, than a note may have.
 */
export function addTag(tags: Map<string, string>, tag: string): boolean {
  const name = tag.replace(/^#/, '');
  if (name.length > limits.tagCharacters) return false;
  const shown = normalizeText(name.trim()).replace(/\/+$/, '');
  const key = shown.toLowerCase();
  if (shown === '' || tags.has(key)) return true;
  if (tags.size === limits.tags) return false;
  tags.set(key, shown);
  return true;
}

/** The tags that a frontmatter names in `tags` or `tag`, as a list or in one line, and those of Zola's taxonomies. */
export function frontmatterTags(data: Readonly<Record<string, unknown>>): string[] {
  const taxonomies = data['taxonomies'];
  const more = typeof taxonomies === 'object' && taxonomies !== null ? (taxonomies as Record<string, unknown>) : {};
  return [...listOf(fieldOf(data, 'tags')), ...listOf(fieldOf(data, 'tag')), ...listOf(more['tags'])];
}

/** A list, or the words of a line. */
function listOf(value: unknown): string[] {
  if (typeof value === 'string') return value.split(/[,\s]+/);
  return scalarsOf(value).flatMap((scalar) =>
    typeof scalar === 'string' || typeof scalar === 'number' ? [String(scalar)] : [],
  );
}

/** The aliases that a frontmatter names, as a list or separated by commas. */
export function frontmatterAliases(data: Readonly<Record<string, unknown>>): string[] {
  const names = ['aliases', 'alias'].flatMap((key) => {
    const value = fieldOf(data, key);
    return typeof value === 'string' ? value.split(',') : scalarsOf(value).map((scalar) => String(scalar ?? ''));
  });
  return [
    ...new Set(names.map((name) => name.trim().slice(0, limits.tagCharacters)).filter((name) => name !== '')),
  ].slice(0, limits.tags);
}
