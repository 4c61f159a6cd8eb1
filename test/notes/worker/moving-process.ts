import process from 'node:process';
import { openNotes } from '../../../src/notes/open-notes.js';
import { collectLog, untilReady } from '../temporary-notes.js';

/** Moves argv[4] to argv[5] in the vault at argv[2], with the catalogue at argv[3] unless empty, and prints the answer. */
const [, , path = '', cataloguePath = '', from = '', to = ''] = process.argv;
const { log } = collectLog();
const place = cataloguePath === '' ? {} : { cataloguePath };
const notes = openNotes({ path, ...place, meaning: 'off', watch: false, log });
await untilReady(notes);
const answer = await notes.move({ from, to }).catch((error: Error) => error.message);
await notes.close();
process.stdout.write(JSON.stringify(answer));
