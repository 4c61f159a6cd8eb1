import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { openNotes } from '../../../src/notes/open-notes.js';
import { collectLog, eventually, listedPaths, untilReady } from '../temporary-notes.js';

/** Follows the vault at argv[2] where no more folders can be watched; prints the warnings when it has found a change. */
const root = process.argv[2] ?? '';
const { log, entries } = collectLog();
const notes = openNotes({ path: root, meaning: 'off', log });
await untilReady(notes);
const warnings = () => entries.filter(({ level }) => level === 'warn');
await eventually(async () => warnings().length, 1);
await writeFile(join(root, 'folder-7', 'new.md'), '# New\n');
await eventually(async () => (await listedPaths(notes)).includes('folder-7/new.md'), true);
await notes.close();
process.stdout.write(JSON.stringify(warnings()));
