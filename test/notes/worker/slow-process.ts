import process from 'node:process';
import { openNotes } from '../../../src/notes/open-notes.js';
import { collectLog, readNote } from '../temporary-notes.js';

/** With `faulty-reader` loaded: reads `slow.md` of the vault at argv[2], and prints what it says and how many workers died. */
const { log, entries } = collectLog();
const notes = openNotes({ path: process.argv[2] ?? '', meaning: 'off', watch: false, callTimeoutMs: 6000, log });
process.stdout.write('begun\n');
const { text } = await readNote(notes, 'slow.md');
await notes.close();
process.stdout.write(JSON.stringify([text, entries.filter(({ level }) => level === 'error').length]));
