import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type ManPage, readManPages } from '../../bench/man-pages.js';
import { measureKnownItem, searchNotes } from '../../bench/search-quality.js';
import { fold } from '../../src/search/analyser.js';
import { indexOf, pathsFound } from './sample-index.js';

const spanish = readManPages(['manpages-es'], /\/man\/es\//);
const english = readManPages(['manpages'], /\/man\/man/);

test('notes are found in other words of the same stem, in both languages at once', () => {
  const index = indexOf({
    'reuniones/ana.md': '# Reunión con Ana\n\nHablamos de los presupuestos y de las próximas contrataciones.',
    'recetas/cocido.md': '# Cocido madrileño\n\nGarbanzos, zanahorias y chorizo a fuego lento durante tres horas.',
    'viajes/lisboa.md': '# Viaje a Lisboa\n\nEl tranvía 28, los miradores y las pastelerías del barrio alto.',
    'salud/medico.md': '# Médico\n\nAnálisis de sangre en ayunas; la próxima revisión será en otoño.',
    'work/budget.md': '# Budget review\n\nThe quarterly figures, and what the finance team asked us to change.',
    'work/hiring.md': '# Hiring\n\nTwo candidates for the backend position; interviews next week.',
    'home/boiler.md': '# Boiler\n\nThe pressure drops every month, so the plumber will replace the valve.',
    'garden/roses.md': '# Roses\n\nPrune in February with sharp secateurs, above an outward bud.',
  });
  const wanted = {
    'reunion presupuesto': 'reuniones/ana.md',
    'zanahoria y garbanzo': 'recetas/cocido.md',
    'pastelería, mirador': 'viajes/lisboa.md',
    'revisiones de los medicos': 'salud/medico.md',
    'quarter figure': 'work/budget.md',
    'interview of a candidate': 'work/hiring.md',
    'plumbers and valves': 'home/boiler.md',
    'pruning the rose': 'garden/roses.md',
    secatuers: 'garden/roses.md',
  };
  for (const [query, path] of Object.entries(wanted)) assert.equal(pathsFound(index, query)[0], path, query);
});

function measure(pages: readonly ManPage[], change: (text: string) => string) {
  const queries = pages.map(({ name, description }) => ({ name, text: change(description) }));
  return measureKnownItem(queries, searchNotes(pages));
}

test('pages of the Spanish manual are found by their NAME lines', {
  skip: spanish.length < 300 && 'needs manpages-es',
}, () => {
  const exact = measure(spanish, (text) => text);
  const withoutAccents = measure(spanish, fold);
  assert.ok(exact.mrr > 0.64 && exact.recall > 0.82, JSON.stringify(exact));
  assert.ok(withoutAccents.mrr > 0.64 && withoutAccents.recall > 0.82, JSON.stringify(withoutAccents));
});

// Fewer pages than the bench takes, which has those for developers too, are easier to find.
test('pages of the English manual are found by their NAME lines', {
  skip: english.length < 150 && 'needs manpages',
}, () => {
  const exact = measure(english, (text) => text);
  assert.ok(exact.mrr > 0.7 && exact.recall > 0.94, JSON.stringify(exact));
});
