import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as z from 'zod';
import type { NoteSearchOptions } from '../src/notes/search/open-note-search.js';
import { measureQuestions } from './measure-questions.js';
import type { Question } from './question-set.js';
import { indexNotes } from './search-index.js';

const recordSchema = z.object({ id: z.string(), q: z.string(), a: z.string() });

/**
 * Prints how well the questions of the Swedish Construction FAQ (CC BY 4.0, Zaragoza AB), 503 in English and in Swedish, find
 * their answers, each a note without a title. `folder` is the `data` of its Python package:
 *
 *     pip download --no-deps zaragoza-construction-faq==1.2.1 && unzip zaragoza_construction_faq-1.2.1-py3-none-any.whl
 */
export async function benchPublicSet(folder: string, endpoint: Partial<NoteSearchOptions> | undefined): Promise<void> {
  const ways: [string, Partial<NoteSearchOptions>][] = [
    ['words', { meaning: 'off' }],
    ['built-in meaning and words', {}],
  ];
  if (endpoint !== undefined) ways.push(['the endpoint’s model and words', endpoint]);
  for (const [language, name] of [
    ['English', 'faq-en.jsonl'],
    ['Swedish', 'faq.jsonl'],
  ] as const) {
    const lines = (await readFile(join(folder, name), 'utf8')).trim().split('\n');
    const records = lines.map((line) => recordSchema.parse(JSON.parse(line)));
    const notes = records.map(({ a }, at) => ({ path: `${at}.md`, text: a }));
    const questions: Question[] = records.map(({ id, q }, at) => {
      return { id, question: q, language: 'en', notes: [`${at}.md`], kind: 'paraphrase', half: 'final' };
    });
    for (const [way, options] of ways) {
      const index = indexNotes(notes, options);
      while (options.embeddings !== undefined && index.search.status().withVectors < index.search.status().sections) {
        await new Promise((resolve) => setTimeout(resolve, 200));
      }
      const { first, five, mrr } = await measureQuestions(questions, async (text) =>
        (await index.find(text)).map(({ path }) => path),
      );
      const figures = [first, five, mrr].map((figure) => figure.toFixed(3)).join(' ');
      process.stdout.write(`${`${records.length} ${language} questions: ${way}`.padEnd(58)}${figures}\n`);
      await index.close();
    }
  }
}
