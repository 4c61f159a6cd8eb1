import { openNotes } from '../../../src/notes/open-notes.js';
import { collectLog, untilReady } from '../temporary-notes.js';

/** Opens the vault at argv[2] with its catalogue at argv[3], says so, and stays until it is killed. */
const [, , path = '', cataloguePath = ''] = process.argv;
const { log } = collectLog();
const notes = openNotes({ path, cataloguePath, meaning: 'off', log });
process.send?.('open');
await untilReady(notes);
process.send?.('ready');
// It goes on writing.
for (let round = 0; ; round++) {
  await notes.write({ path: `written-${round % 50}.md`, content: `# Written ${round}\n`, overwrite: true });
}
