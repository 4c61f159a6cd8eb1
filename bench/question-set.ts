import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import * as z from 'zod';

const folder = new URL('../../bench/questions/', import.meta.url);
const separator = /^=== (\S+)\n/m;

const questionSchema = z.strictObject({
  id: z.string(),
  question: z.string(),
  language: z.enum(['en', 'es']),
  /** Every note that answers the question, mostly one. */
  notes: z.array(z.string()).min(1),
  kind: z.enum(['own-words', 'paraphrase', 'no-shared-word', 'cross-language']),
  /** The final part is run once, when the search is done; all choices are made on the tuning part. */
  half: z.enum(['tuning', 'final']),
});

export type Question = z.infer<typeof questionSchema>;

export interface Note {
  path: string;
  text: string;
}

/** The notes of an invented person's vault and the questions about them, from `bench/questions/`; throws where they are malformed. */
export async function readQuestionSet(): Promise<{ notes: Note[]; questions: Question[] }> {
  const files = (await readdir(folder)).filter((name) => /^notes-.*\.md$/.test(name)).sort();
  const texts = await Promise.all(files.map((name) => readFile(new URL(name, folder), 'utf8')));
  const questions: unknown = JSON.parse(await readFile(new URL('questions.json', folder), 'utf8'));
  return { notes: texts.flatMap(splitNotes), questions: z.array(questionSchema).parse(questions) };
}

const translationSchema = z.strictObject({
  questions: z.array(z.strictObject({ id: z.string(), question: z.string(), note: z.string() })),
  notes: z.record(z.string(), z.string()),
});

export const translatedInto = ['fr', 'de', 'pt', 'it'] as const;

/** Some questions of the tuning part, and by path the notes that answer them, in another language. */
export async function readTranslation(
  language: (typeof translatedInto)[number],
): Promise<z.infer<typeof translationSchema>> {
  return translationSchema.parse(JSON.parse(await readFile(new URL(`translated-${language}.json`, folder), 'utf8')));
}

/** Writes the notes of the set below `root`, each at its path, and returns their number. */
export async function writeVault(root: string): Promise<number> {
  const { notes } = await readQuestionSet();
  for (const { path, text } of notes) {
    const file = join(root, path);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, text);
  }
  return notes.length;
}

/** A line `=== folder/note.md` begins each note. */
function splitNotes(text: string): Note[] {
  const [before, ...parts] = text.split(separator);
  if (before !== '') throw new Error('a file of notes begins with a line "=== path"');
  return Array.from({ length: parts.length / 2 }, (_, at) => ({
    path: parts[2 * at] ?? '',
    text: parts[2 * at + 1] ?? '',
  }));
}
