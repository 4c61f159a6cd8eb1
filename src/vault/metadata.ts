import { findFrontmatter, frontmatterText, readFrontmatter } from './frontmatter.js';
import { readLinks } from './links.js';
import { readOutline } from './outline.js';
import { readTags } from './tags.js';
import type { NoteMetadata, NoteStatus } from './vault.js';

const keyLines = 15;
const titleLines = 5;
const maxTitleCharacters = 200;
/** What a longer line says further on is no title and no key. */
const maxLineCharacters = 500;

/** In the order in which they are tried; each matches as a part of the written status. */
const statusWords: readonly (readonly [NoteStatus, readonly string[]])[] = [
  ['Active', ['active', 'activo', 'en progreso', 'draft', '🟡']],
  ['Pending', ['pending', 'pendiente', '🔴']],
  ['Paused', ['paused', 'pausado', '⏸']],
  ['Done', ['done', 'completado', 'completed', '🟢']],
];

const keyNames: Readonly<Record<string, 'status' | 'created' | 'updated'>> = {
  status: 'status',
  estado: 'status',
  created: 'created',
  creado: 'created',
  'last updated': 'updated',
  updated: 'updated',
  'última actualización': 'updated',
  'ultima actualización': 'updated',
};

/**
 * Returns what a note says of itself: the `**Key:** Value` lines and headings of its first lines, and where these are
 * silent its frontmatter. Lines are counted after the frontmatter.
 */
export function readMetadata(path: string, text: string): NoteMetadata {
  const fields = readFrontmatter(text);
  const lines = firstLines(text.slice(findFrontmatter(text)?.bodyStart ?? 0), keyLines);
  const named: { status?: string; created?: string; updated?: string } = {};
  const other: Record<string, string> = {};
  for (const line of lines) {
    const match = /^\s*(?:[-*+]\s+)?\*\*\s*([^*:]{1,60}?)\s*(?::\s*\*\*|\*\*\s*:)\s*(.*?)\s*$/u.exec(line);
    if (match?.[1] === undefined || match[2] === undefined) continue;
    const known = keyNames[match[1].normalize('NFC').toLowerCase()];
    if (known === undefined)
      Object.defineProperty(other, match[1], { value: match[2], enumerable: true, configurable: true, writable: true });
    else named[known] ??= match[2];
  }
  const status = readStatus(named.status ?? frontmatterText(fields, 'status', 'estado'));
  if (named.status !== undefined && status === undefined) other['Status'] = named.status;
  return {
    title: readTitle(path, lines, fields).slice(0, maxTitleCharacters),
    domain: path.includes('/') ? path.slice(0, path.indexOf('/')) : 'root',
    status,
    created: named.created ?? frontmatterText(fields, 'created', 'creado'),
    updated: named.updated ?? frontmatterText(fields, 'updated', 'last updated', 'modified'),
    tags: readTags(text, fields),
    sections: readOutline(text)
      .filter(({ level }) => level === 2)
      .map((heading) => heading.text),
    crossReferences: [...new Set(readLinks(text).map((link) => link.target))],
    other,
  };
}

function readTitle(path: string, lines: readonly string[], fields: Readonly<Record<string, unknown>>): string {
  const heading = lines.slice(0, titleLines).find((line) => /^# +\S/.test(line));
  if (heading !== undefined) return heading.slice(2).trim();
  const firstLine = lines.find((line) => line.trim() !== '')?.trim();
  return frontmatterText(fields, 'title') ?? firstLine ?? nameOf(path);
}

function nameOf(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1).replace(/\.md$/i, '');
}

function readStatus(written: string | undefined): NoteStatus | undefined {
  const lower = written?.normalize('NFC').toLowerCase();
  if (lower === undefined) return undefined;
  return statusWords.find(([, words]) => words.some((word) => lower.includes(word)))?.[0];
}

function firstLines(text: string, count: number): string[] {
  const lines: string[] = [];
  for (let start = 0; lines.length < count && start <= text.length; ) {
    const end = text.indexOf('\n', start);
    lines.push(
      text.slice(start, Math.min(end === -1 ? text.length : end, start + maxLineCharacters)).replace(/\r$/, ''),
    );
    if (end === -1) break;
    start = end + 1;
  }
  return lines;
}
