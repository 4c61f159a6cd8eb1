import assert from 'node:assert/strict';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { before, test } from 'node:test';
import {
  type Note,
  type Question,
  readQuestionSet,
  readTranslation,
  translatedInto,
  writeVault,
} from '../../bench/question-set.js';
import { stopWords } from '../../src/notes/search/stop-words.js';

const spanishFolders =
  /^(?:casa|salud|viajes|trabajo|recetas|tramites|dinero|ordenador|libros|huerto|familia|gente|diario)\//;
let notes: Note[];
let questions: Question[];
let byPath: Map<string, Note>;

before(async () => {
  ({ notes, questions } = await readQuestionSet());
  byPath = new Map(notes.map((note) => [note.path, note]));
});

test('at least 680 notes of 30 to 260 words, in two languages, each path once', () => {
  assert.ok(notes.length >= 680, `${notes.length} notes`);
  assert.equal(byPath.size, notes.length);
  for (const { path, text } of notes) {
    assert.match(path, /^[a-z0-9-]+\/[a-z0-9-]+\.md$/);
    assert.match(text, /^# \S/m, `${path} has a title`);
    const words = text.split(/\s+/).length;
    assert.ok(words >= 30 && words <= 260, `${path} has ${words} words`);
  }
  assertShare(notes, (note) => spanishFolders.test(note.path), 0.42, 0.48);
});

test('no sentence stands in two notes', () => {
  const seen = new Map<string, string>();
  for (const { path, text } of notes) {
    for (const sentence of text.split(/[.:?!\n]\s*/).filter((part) => part.split(' ').length > 5)) {
      assert.ok(!seen.has(sentence), `${path} and ${seen.get(sentence)}: ${sentence}`);
      seen.set(sentence, path);
    }
  }
});

test('at least 700 questions, each asked once, about notes that exist', () => {
  assert.ok(questions.length >= 700, `${questions.length} questions`);
  assert.equal(new Set(questions.map(({ id }) => id)).size, questions.length);
  assert.equal(new Set(questions.map(({ question }) => question)).size, questions.length);
  for (const { id, notes } of questions) {
    for (const path of notes) assert.ok(byPath.has(path), `${id}: ${path}`);
  }
});

test('in each part a third of the questions share no word with their note, a fifth cross languages', () => {
  for (const part of ['tuning', 'final']) {
    const some = questions.filter(({ half }) => half === part);
    assertShare(some, ({ kind }) => kind === 'no-shared-word', 1 / 3, 0.4);
    assertShare(some, ({ kind }) => kind === 'cross-language', 1 / 5, 0.25);
    assertShare(some, ({ kind }) => kind === 'paraphrase', 0.18, 0.27);
    assertShare(some, ({ kind }) => kind === 'own-words', 0.18, 0.27);
  }
});

test('a question of the kind "no-shared-word" shares none with its note, one of the kind "own-words" at least two', () => {
  for (const question of questions) {
    const common = question.notes.map((path) => sharedWords(question, path));
    if (question.kind === 'no-shared-word') assert.deepEqual(common.flat(), [], question.id);
    if (question.kind === 'own-words') assert.ok(Math.max(...common.map(({ length }) => length)) >= 2, question.id);
  }
});

test('only a question that crosses languages is in another language than its notes', () => {
  for (const { id, kind, language, notes } of questions) {
    const isOther = notes.every((path) => spanishFolders.test(path) !== (language === 'es'));
    assert.equal(isOther, kind === 'cross-language', id);
  }
});

test('the final part has over 170 questions, of each kind in both languages, and no note in common with the other', () => {
  const final = questions.filter(({ half }) => half === 'final');
  assert.ok(final.length >= 170, `${final.length} questions`);
  for (const kind of ['own-words', 'paraphrase', 'no-shared-word', 'cross-language']) {
    for (const language of ['en', 'es']) {
      const group = final.filter((question) => question.kind === kind && question.language === language);
      assert.ok(group.length >= 10, `${kind} ${language}: ${group.length}`);
    }
  }
  const notesOf = (name: string) => questions.filter(({ half }) => half === name).flatMap(({ notes }) => notes);
  const tuned = new Set(notesOf('tuning'));
  assert.deepEqual(
    notesOf('final').filter((path) => tuned.has(path)),
    [],
  );
});

test('thirty questions of the tuning part are in four other languages, with the notes that answer them', async () => {
  const tuning = new Map(questions.filter(({ half }) => half === 'tuning').map((question) => [question.id, question]));
  for (const language of translatedInto) {
    const translation = await readTranslation(language);
    assert.equal(translation.questions.length, 30);
    for (const { id, question, note } of translation.questions) {
      assert.deepEqual(tuning.get(id)?.notes, [note], `${language} ${id}`);
      assert.notEqual(tuning.get(id)?.question, question);
      assert.ok((translation.notes[note]?.length ?? 0) > 100, `${language} ${note}`);
    }
  }
});

test('the vault has every note at its path', async () => {
  const root = await mkdtemp(join(tmpdir(), 'question-set-'));
  try {
    assert.equal(await writeVault(root), notes.length);
    const files = (await readdir(root, { recursive: true })).filter((name) => name.endsWith('.md'));
    assert.deepEqual(files.sort(), [...byPath.keys()].sort());
    for (const { path, text } of notes.slice(0, 5)) assert.equal(await readFile(join(root, path), 'utf8'), text);
  } finally {
    await rm(root, { recursive: true });
  }
});

function sharedWords({ question }: Question, path: string): string[] {
  const inNote = stems(`${basename(path, '.md')} ${byPath.get(path)?.text}`);
  return [...stems(question)].filter((stem) => inNote.has(stem));
}

/** Without accents, stop words and a plural's s, cut after five letters: coarser than the analyser under test. */
function stems(text: string): Set<string> {
  const plain = text.toLowerCase().normalize('NFD').replace(/\p{M}/gu, '');
  const words = (plain.match(/[a-z0-9]{2,}/g) ?? []).filter((word) => !stopWords.has(word));
  return new Set(words.map((word) => word.replace(/(?<=...)s$/, '').slice(0, 5)));
}

function assertShare<T>(all: T[], which: (one: T) => boolean, least: number, most: number): void {
  const share = all.filter(which).length / all.length;
  assert.ok(share >= least && share <= most, `${which} holds for ${share.toFixed(3)}, not ${least} to ${most}`);
}
