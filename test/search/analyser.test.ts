import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { analyse } from '../../src/search/analyser.js';

const terms = (text: string) => analyse(text).map(({ term }) => term);

test('singular and plural meet in both languages', () => {
  const pairs = [
    ['rose', 'roses'],
    ['city', 'cities'],
    ['box file', 'box files'],
    ['device', 'devices'],
    ['casa', 'casas'],
    ['ciudad', 'ciudades'],
    ['canción', 'canciones'],
    ['luz', 'luces'],
    ['vez', 'veces'],
    ['mes', 'meses'],
    ['reloj', 'relojes'],
    ['receta', 'recetas'],
  ] as const;
  for (const [one, many] of pairs) assert.deepEqual(terms(many), terms(one), `${one} and ${many}`);
});

test('case, accents and Unicode form do not count in a term', () => {
  for (const text of [
    'Última Actualización',
    'ÚLTIMA ACTUALIZACIÓN',
    'ultima actualizacion',
    'mañana',
    'manana',
    'CIGÜEÑA',
  ]) {
    assert.deepEqual(terms(text.normalize('NFD')), terms(text.normalize('NFC')));
    assert.deepEqual(terms(text.normalize('NFD').replace(/\p{M}/gu, '')), terms(text));
    assert.deepEqual(terms(text.toLowerCase()), terms(text.toUpperCase()));
  }
});

test('the exact form is kept for words with accents only', () => {
  assert.deepEqual(
    analyse('año ano').map(({ term, exact }) => [term, exact]),
    [
      ['ano', "'año"],
      ['ano', undefined],
    ],
  );
});

test('stop words of both languages are marked, with or without accents', () => {
  assert.ok(analyse('the of and que los también tambien').every((word) => word.isStopWord));
  assert.ok(analyse('vault camino').every((word) => !word.isStopWord));
});

test('any text is analysed, each term without spaces, marks or capitals, and never empty', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme', maxLength: 200 }), (text) => {
      for (const { term } of analyse(text)) {
        assert.notEqual(term, '');
        assert.doesNotMatch(term, /\s/);
        assert.equal(term, term.toLowerCase());
      }
    }),
  );
});

test('a long run of letters is cut off, as it is no word', () => {
  assert.equal(terms('x'.repeat(100_000))[0]?.length, 40);
});
