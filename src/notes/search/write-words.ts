import type { Statement } from 'node-sqlite3-wasm';
import { analyse, isAscii, type Word } from './analyser.js';
import type { SearchSection } from './cut-sections.js';
import type { SearchableNote } from './search.js';
import { unspaced } from './segment.js';
import { sectionId } from './tables.js';

export const insertWords =
  'INSERT INTO search_words (rowid, title, headings, labels, body, characters) VALUES (?, ?, ?, ?, ?, ?)';

/** Returns a function that puts the words of one of a note's sections into the index; title, names and tags count for each. */
export function wordWriter(
  insert: Statement,
  noteId: number,
  note: SearchableNote,
): (ordinal: number, section: SearchSection, words: readonly Word[]) => void {
  const title = termsOf([note.title, ...note.aliases].join('\n').slice(0, 2000));
  const labels = termsOf([note.path.replace(/\.md$/i, ''), ...note.tags].join('\n').slice(0, 4000));
  return (ordinal, { headings }, words) => {
    const body = words.map(({ term }) => term);
    // A mark where there is another word, so that no run goes over it.
    const characters = body.some(isUnspaced)
      ? body.flatMap((term) => (isUnspaced(term) ? [...term].map(mark) : ['+'])).join(' ')
      : '';
    insert.run([
      sectionId(noteId, ordinal),
      title,
      termsOf(headings.join('\n').slice(0, 4000)),
      labels,
      body.join(' '),
      characters,
    ]);
  };
}

function isUnspaced(term: string): boolean {
  return !isAscii(term) && unspaced.test(term);
}

/** What to look for when no note has a word of a script without spaces, for a dictionary may cut a text in other places. */
export function charactersOf(term: string): string | undefined {
  return isUnspaced(term) ? `"${[...term].map(mark).join(' ')}"` : undefined;
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
