import type { Statement } from 'node-sqlite3-wasm';
import { analyse } from './analyser.js';
import type { SearchSection } from './cut-sections.js';
import type { SearchableNote } from './search.js';
import { sectionId } from './tables.js';

export const insertWords =
  'INSERT INTO search_words (rowid, title, headings, labels, body, characters) VALUES (?, ?, ?, ?, ?, ?)';

/** Puts the words of a note's sections into the index; title, names and tags count for each of them. */
export function writeWords(
  insert: Statement,
  noteId: number,
  note: SearchableNote,
  sections: readonly SearchSection[],
): void {
  const title = termsOf([note.title, ...note.aliases].join('\n').slice(0, 2000));
  const labels = termsOf([note.path.replace(/\.md$/i, ''), ...note.tags].join('\n').slice(0, 4000));
  sections.forEach(({ headings, start, end }, ordinal) => {
    const body = analyse(note.text.slice(start, end)).map(({ term }) => term);
    const characters = body.flatMap((term) => (unspaced.test(term) ? [...term].map(mark) : ['+']));
    insert.run([
      sectionId(noteId, ordinal),
      title,
      termsOf(headings.join('\n').slice(0, 4000)),
      labels,
      body.join(' '),
      characters.length > body.length ? characters.join(' ') : '',
    ]);
  });
}

const unspaced = /[\p{scx=Han}\p{scx=Hira}\p{scx=Kana}\p{sc=Thai}\p{sc=Lao}\p{sc=Khmer}\p{sc=Myanmar}]/u;

/** What to look for when no note has a word of a script without spaces, for a dictionary may cut a text in other places. */
export function charactersOf(term: string): string | undefined {
  return unspaced.test(term) ? `"${[...term].map(mark).join(' ')}"` : undefined;
}

/** Marked, so that a character is not taken for a word. */
function mark(character: string): string {
  return `+${character}`;
}

function termsOf(text: string): string {
  return analyse(text)
    .map(({ term }) => term)
    .join(' ');
}
