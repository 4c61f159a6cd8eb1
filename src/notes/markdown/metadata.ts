import { foldPath } from '../files/note-path.js';
import { fieldOf, scalarsOf } from './frontmatter.js';
import { plainText } from './plain-text.js';

/** A `**Key:** Value` line. */
export interface KeyLine {
  /** As written. */
  readonly key: string;
  readonly value: string;
}

const maxLineCharacters = 500;
const maxStatusCharacters = 100;
const keyMark = /\*\*\s*([^*:\n]{1,60}?)\s*(?::\s*\*\*|\*\*\s*:)/gu;
const known: Readonly<Record<string, 'status' | 'created' | 'updated'>> = {
  status: 'status',
  estado: 'status',
  created: 'created',
  creado: 'created',
  'last updated': 'updated',
  updated: 'updated',
  'última actualización': 'updated',
  'ultima actualización': 'updated',
};
const statusGroups: readonly (readonly [string, string])[] = [
  ['Active', 'active|activo|en progreso|draft|🟡'],
  ['Pending', 'pending|pendiente|🔴'],
  ['Paused', 'paused|pausado|⏸\ufe0f?'],
  ['Done', 'done|completado|completed|🟢'],
];
const statusWord = new RegExp(
  `(?<![\\p{L}\\p{N}_-])(?<!\\b(?:not|no|never) )(?:${statusGroups.map(([, words]) => `(${words})`).join('|')})(?![\\p{L}\\p{N}_-])`,
  'u',
);

/** The keys of a line: nothing but marks and emoji stands before the first; in a table the value is the next cell. */
export function readKeyLine(line: string): KeyLine[] {
  if (!line.includes('**')) return [];
  const text = line.slice(0, maxLineCharacters);
  const marks = [...text.matchAll(keyMark)];
  const [first] = marks;
  if (first === undefined || /[\p{L}\p{N}]/u.test(text.slice(0, first.index).replace(/\[[ xX]\]|^\s*\d+[.)]/, '')))
    return [];
  const isRow = text.trimStart().startsWith('|');
  return marks.flatMap((mark, index) => {
    const next = marks[index + 1]?.index;
    let value = text.slice(mark.index + mark[0].length, next);
    if (isRow) value = value.split(/(?<!\\)\|/).find((cell) => cell.trim() !== '') ?? '';
    else if (next !== undefined) value = value.replace(/[\s|·•,;/–—-]+$/, '');
    value = value.trim().replace(/\\$/, '').trim();
    return value === '' ? [] : [{ key: mark[1] ?? '', value }];
  });
}

/** What key lines, and where these are silent the frontmatter, say of a note. */
export function readDates(lines: readonly KeyLine[], data: Readonly<Record<string, unknown>>) {
  const named: { status?: string; created?: string; updated?: string } = {};
  const other = new Map<string, string>();
  for (const { key, value } of lines) {
    const name = known[foldPath(key)];
    if (name !== undefined) named[name] ??= plainText(value);
    else if (!other.has(key)) other.set(key, value);
  }
  const field = (...names: string[]) => textOf(fieldOf(data, ...names));
  return {
    status: readStatus(named.status ?? field('status', 'estado')),
    created: named.created ?? field('created', 'creado', 'date'),
    updated: named.updated ?? field('updated', 'last updated', 'modified', 'lastmod'),
    other,
  };
}

/** A status of the four groups, by the first of their words in it, or what is written. */
function readStatus(written: string | undefined): string | undefined {
  const text = written === undefined ? '' : plainText(written);
  if (text === '') return undefined;
  const match = statusWord.exec(foldPath(text));
  const group = statusGroups.find((_, index) => match?.[index + 1] !== undefined);
  return group?.[0] ?? text.slice(0, maxStatusCharacters);
}

/** The first scalar of a field as text. */
export function textOf(value: unknown): string | undefined {
  const text = scalarsOf(value).find((scalar) => scalar !== null && String(scalar).trim() !== '');
  return text === undefined ? undefined : String(text).trim();
}
