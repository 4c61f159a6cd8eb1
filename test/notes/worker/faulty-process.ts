import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { openNotes } from '../../../src/notes/open-notes.js';
import { collectLog, eventually, readNote, untilReady } from '../temporary-notes.js';

/**
 * With `faulty-reader` loaded: serves the vault at argv[2], whose `bad.md` stops its reader, and prints what was seen. The
 * catalogue is at argv[3].
 */
const [, , root = '', cataloguePath = ''] = process.argv;
const { log, entries } = collectLog();
const open = () => openNotes({ path: root, cataloguePath, meaning: 'off', callTimeoutMs: 5000, log });
const outcome = (call: Promise<unknown>) =>
  call.then(
    () => 'done',
    (error: { code?: string }) => error.code,
  );
let notes = open();
const problems = async () => {
  return Object.fromEntries(
    (await notes.list({})).notes.map(({ path, problem }) => [path, problem?.split(':')[0] ?? '']),
  );
};

await untilReady(notes);
const seen: Record<string, unknown> = { first: await problems(), reads: await outcome(readNote(notes, 'good.md')) };
seen['readsBad'] = await outcome(readNote(notes, 'bad.md'));
await notes.close();

// What stopped one process does not stop the next: it is known by now.
const before = entries.length;
notes = open();
await untilReady(notes);
seen['second'] = await problems();
seen['secondReadsBad'] = await outcome(readNote(notes, 'bad.md'));
seen['secondDeaths'] = entries.slice(before).filter(({ level }) => level === 'error').length;
const bad = outcome(notes.write({ path: 'other.md', content: `${process.argv[4]}\n` }));
const others = [
  outcome(readNote(notes, 'good.md')),
  outcome(notes.list({})),
  outcome(notes.write({ path: 'new.md', content: 'x' })),
];
seen['writesBad'] = await bad;
seen['meanwhile'] = await Promise.all(others);
writeFileSync(join(root, 'bad.md'), '# Better\n');
writeFileSync(join(root, 'other.md'), '# Better\n');
await eventually(problems, { 'bad.md': '', 'good.md': '', 'new.md': '', 'other.md': '' });
seen['readsBetter'] = await outcome(readNote(notes, 'bad.md'));
await notes.close();
process.stdout.write(JSON.stringify(seen));
