import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readMetadata } from '../../src/vault/metadata.js';

test('the key lines, headings and links of a note are its metadata', () => {
  const text = [
    '# Viaje a Japón',
    '',
    '**Estado:** 🟡 En progreso',
    '**Creado:** 2024-01-01',
    '**Última actualización:** 2024-02-02',
    '**Dueño:** Ana',
    '',
    '## Plan',
    'see [[Hotel]] and [x](b.md), [[Hotel]]',
    '',
    '## Log',
    '### Sub',
  ].join('\r\n');
  assert.deepEqual(readMetadata('Viajes/2024/japon.md', text), {
    title: 'Viaje a Japón',
    domain: 'Viajes',
    status: 'Active',
    created: '2024-01-01',
    updated: '2024-02-02',
    tags: [],
    sections: ['Plan', 'Log'],
    crossReferences: ['Hotel', 'b.md'],
    other: { Dueño: 'Ana' },
  });
});

test('every status word is known, in any case', () => {
  const words = {
    Active: ['active', 'ACTIVO', 'en progreso', 'Draft', '🟡'],
    Pending: ['Pending', 'pendiente', '🔴'],
    Paused: ['paused', 'Pausado', '⏸️'],
    Done: ['done', 'completado', 'Completed', '🟢'],
  };
  for (const [status, written] of Object.entries(words)) {
    for (const word of written) assert.equal(readMetadata('a.md', `x\n**Status:** ${word}!`).status, status, word);
  }
  const unknown = readMetadata('a.md', 'x\n**Status:** someday');
  assert.deepEqual([unknown.status, unknown.other], [undefined, { Status: 'someday' }]);
});

test('frontmatter speaks where the key lines are silent', () => {
  const fields =
    '---\ntitle: From fields\nstatus: done\ncreated: 2024-01-01\nupdated: 2024-03-03\ntags: [a, "#b"]\n---\n';
  const silent = readMetadata('a.md', `${fields}\ntext #c\n`);
  assert.deepEqual(
    [silent.title, silent.status, silent.created, silent.updated, silent.tags, silent.domain],
    ['From fields', 'Done', '2024-01-01', '2024-03-03', ['a', 'b', 'c'], 'root'],
  );
  const loud = readMetadata('a.md', `${fields}# Heading\n**Status:** pending\n**Created:** 2020-01-01`);
  assert.deepEqual([loud.title, loud.status, loud.created], ['Heading', 'Pending', '2020-01-01']);
  assert.equal(readMetadata('f/empty.md', '').title, 'empty');
  assert.equal(readMetadata('a.md', '\n\nfirst line\n').title, 'first line');
  assert.equal(readMetadata('a.md', '---\n[broken: yaml\n---\ntext').title, 'text');
});

test('no note takes long to read, however odd its text', { timeout: 30_000 }, () => {
  const much = 200_000;
  const odd = [
    '['.repeat(much),
    '[['.repeat(much),
    '[\\['.repeat(much),
    '[a]('.repeat(much),
    `[a](${'a('.repeat(much)}`,
    `#${' '.repeat(much)}x`,
    `# ${'#'.repeat(much)}x`,
    `[[${' '.repeat(much)}`,
    `#a ${'[['.repeat(much)}`,
    `---\n${'['.repeat(19_000)}\n---\n`,
    `---\n${'- '.repeat(9000)}[[x]]\n---\n`,
    `---\na: ${'{a: '.repeat(4000)}[[x]]\n---\n`,
    `${'> '.repeat(much)}\`~~~`,
    '**a'.repeat(much),
    '\n'.repeat(much),
    Array.from({ length: 600 }, (_, index) => '`'.repeat(index + 1)).join(' x '),
  ];
  for (const text of odd) {
    const started = performance.now();
    readMetadata('a.md', text);
    const tookMs = performance.now() - started;
    assert.ok(tookMs < 4000, `${Math.round(tookMs)} ms for ${JSON.stringify(text.slice(0, 12))}`);
  }
});
