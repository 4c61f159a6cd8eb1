import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type ManPage, readManPages } from '../../../bench/man-pages.js';
import { measureQuestions } from '../../../bench/measure-questions.js';
import { readQuestionSet, readTranslation, translatedInto } from '../../../bench/question-set.js';
import { indexNotes, type SearchIndex } from '../../../bench/search-index.js';
import { createTypist, indexPages, measureKnownItem, pathsOf } from '../../../bench/search-quality.js';
import { fold } from '../../../src/notes/search/analyser.js';
import { isFull } from '../../full.js';

const spanish = readManPages(['manpages-es'], /\/man\/es\//);
const english = readManPages(['manpages'], /\/man\/man/);
const isShort = !isFull && 'needs FULL=1: it takes long';

test('built-in meaning answers many more questions than words do, and none of those in a note’s own words worse', async (t) => {
  const { notes, questions: all } = await readQuestionSet();
  // The other half is kept for judging what is tuned by this one.
  const questions = all.filter(({ half }) => half === 'tuning');
  const words = indexNotes(notes, { meaning: 'off' });
  const both = indexNotes(notes);
  t.after(() => Promise.all([words.close(), both.close()]));
  const ownWords = questions.filter(({ kind }) => kind === 'own-words');
  const figuresOfBoth = await measureQuestions(questions, (text) => pathsOf(both, text));
  const byWords = await measureQuestions(questions, (text) => pathsOf(words, text));
  const own = await measureQuestions(ownWords, (text) => pathsOf(both, text));
  const ownByWords = await measureQuestions(ownWords, (text) => pathsOf(words, text));
  const figures = JSON.stringify({ figuresOfBoth, byWords, own, ownByWords });
  assert.ok(figuresOfBoth.first >= byWords.first + 0.2 && figuresOfBoth.five >= byWords.five + 0.3, figures);
  assert.ok(own.first >= ownByWords.first && own.five >= ownByWords.five, figures);
});

test('questions in four other languages find notes in English and Spanish', { skip: isShort }, async (t) => {
  const { notes } = await readQuestionSet();
  const index = indexNotes(notes);
  t.after(() => index.close());
  for (const language of translatedInto) {
    const asked = (await readTranslation(language)).questions.map(({ question, note }) => ({
      question,
      notes: [note],
    }));
    const { five } = await measureQuestions(asked, (text) => pathsOf(index, text));
    assert.ok(five >= (language === 'de' ? 0.16 : 0.36), `${language} ${five}`);
  }
});

async function measure(pages: readonly ManPage[], index: SearchIndex, change: (text: string) => string = String) {
  const queries = pages.map(({ name, description }) => ({ name, text: change(description) }));
  return await measureKnownItem(queries, index);
}

test('pages of the Spanish manual are found by their NAME lines, with a typo in each too', {
  skip: spanish.length < 300 ? 'needs manpages-es' : isShort,
}, async () => {
  const words = indexPages(spanish, { meaning: 'off' });
  const both = indexPages(spanish, {});
  const figures = [await measure(spanish, words), await measure(spanish, words, fold), await measure(spanish, both)];
  figures.push(await measure(spanish, words, createTypist()), await measure(spanish, both, createTypist()));
  for (const { mrr, recall } of figures) assert.ok(mrr > 0.65 && recall > 0.84, JSON.stringify(figures));
  await Promise.all([words.close(), both.close()]);
});

// Fewer pages than the bench takes, which has those for developers too, are easier to find.
test('pages of the English manual are found by their NAME lines', {
  skip: english.length < 150 ? 'needs manpages' : isShort,
}, async () => {
  for (const meaning of ['off', 'on'] as const) {
    const index = indexPages(english, { meaning });
    const { mrr, recall } = await measure(english, index);
    assert.ok(mrr > 0.7 && recall > 0.92, `${meaning} ${mrr} ${recall}`);
    await index.close();
  }
});
