import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { indexNotes, type SearchIndex } from '../../../bench/search-index.js';

function open(t: TestContext, notes: Readonly<Record<string, string>>): SearchIndex {
  const index = indexNotes(
    Object.entries(notes).map(([path, text]) => ({ path, text })),
    { meaning: 'off' },
  );
  t.after(() => index.close());
  return index;
}

const found = async (index: SearchIndex, text: string) => (await index.find(text)).map(({ path }) => path);

test('notes are found in other words of the same stem, with and without accents, in both languages at once', async (t) => {
  const index = open(t, {
    'reuniones/ana.md': '# Reunión con Ana\n\nHablamos de los presupuestos y de las próximas contrataciones.',
    'recetas/cocido.md': '# Cocido madrileño\n\nGarbanzos, zanahorias y chorizo a fuego lento durante tres horas.',
    'salud/medico.md': '# Médico\n\nAnálisis de sangre en ayunas; la próxima revisión será en otoño.',
    'work/budget.md': '# Budget review\n\nThe quarterly figures, and what the finance team asked us to change.',
    'home/boiler.md': '# Boiler\n\nThe pressure drops every month, so the plumber will replace the valve.',
    'garden/roses.md': '# Roses\n\nPrune in February with sharp secateurs, above an outward bud.',
  });
  const wanted = {
    'reunion presupuesto': 'reuniones/ana.md',
    'zanahoria y garbanzo': 'recetas/cocido.md',
    'revisiones de los medicos': 'salud/medico.md',
    'quarter figure': 'work/budget.md',
    'plumbers and valves': 'home/boiler.md',
    'pruning the rose': 'garden/roses.md',
    secatuers: 'garden/roses.md',
    MÉDICO: 'salud/medico.md',
  };
  for (const [query, path] of Object.entries(wanted)) assert.equal((await found(index, query))[0], path, query);
  assert.deepEqual(await found(index, 'axolotl'), []);
});

test('phrases must be there as they stand, excluded words must not, and a prefix is enough with an asterisk', async (t) => {
  const index = open(t, {
    'a.md': '# A\n\nThe state of the art in tide clocks is poor.',
    'b.md': '# B\n\nArt of the state, and a tide that has no clock.',
    'c.md': '# C\n\nPresupuestos, presupuestar y presupuesto de la casa.',
    'd.md': '# D\n\nA case for the cashier of the café.',
    'e.md': '# E\n\nA well-known author, minus 5 degrees.',
  });
  assert.deepEqual(await found(index, '"state of the art"'), ['a.md']);
  for (const marks of ['“”', '„“', '«»', '””']) {
    const query = `${marks[0]}state of the art${marks[1]}`;
    assert.deepEqual(await found(index, query), ['a.md'], query);
  }
  assert.deepEqual(await found(index, 'tide "no clock"'), ['b.md']);
  assert.deepEqual(await found(index, 'tide -clocks'), []);
  assert.deepEqual(await found(index, 'art -"tide clocks"'), ['b.md']);
  assert.deepEqual(await found(index, 'presup*'), ['c.md']);
  assert.deepEqual(await found(index, 'presupuesto*'), ['c.md']);
  assert.deepEqual(await found(index, 'cashi*'), ['d.md']);
  assert.deepEqual(await found(index, 'well-known'), ['e.md']);
  assert.deepEqual(await found(index, '-tide'), ['a.md', 'b.md'], 'nothing else is asked for');
  for (const odd of [
    '"',
    '""',
    '-',
    '*',
    '" "',
    '-""',
    '((',
    'AND',
    'NEAR(',
    'title:x',
    '"a" OR',
    '\0',
    '^x',
    '{a b}',
    "' --",
  ]) {
    assert.ok(Array.isArray(await found(index, odd)), odd);
  }
});

test('words that are written together count more where they stand together', async (t) => {
  const index = open(t, {
    'day.md':
      '# Log\n\nThe valve was changed on 2024-01-06; before that on 2024-01-05, as the invoice of the plumber says, who came twice and wrote down both times what he had done to it.',
    'other.md': '# 2024-01-06\n\nMinutes of 6 January.',
    'names.md':
      '# People\n\nThe name of each user is kept in a file, with the date of the last visit and the time of day.',
    'code.md':
      '# Functions\n\nIt calls get_user_name, then waits for the answer of the server and prints it to the log.',
  });
  const wanted = {
    '2024-01-06': ['other.md', 'day.md'],
    '2024-01-05': ['day.md', 'other.md'],
    user_name: ['code.md', 'names.md'],
  };
  for (const [query, paths] of Object.entries(wanted)) {
    assert.deepEqual((await found(index, query)).slice(0, 2), paths, query);
  }
});

test('names with signs and emoji are words of their own', async (t) => {
  const index = open(t, {
    'cpp.md': '# Languages\n\nThe engine is written in C++ and a bit of assembler.',
    'csharp.md': '# Plugin\n\nIt was rewritten in C# for .NET last year.',
    'c.md': '# Kernel\n\nPlain C, no runtime; net weight of the board is 40 g.',
    'party.md': '# Plans\n\n🎉 Confetti at nine.',
    'flags.md': '# Flags\n\n🇪🇸 and 🇫🇷 hang on the balcony.',
  });
  assert.deepEqual(await found(index, 'C++'), ['cpp.md']);
  assert.deepEqual(await found(index, 'c#'), ['csharp.md']);
  assert.deepEqual(await found(index, '.NET'), ['csharp.md']);
  assert.equal((await found(index, 'C'))[0], 'c.md');
  assert.ok((await found(index, 'net')).includes('csharp.md'));
  assert.deepEqual(await found(index, '🎉'), ['party.md']);
  assert.deepEqual(await found(index, '🇫🇷'), ['flags.md']);
  index.put('modern.md', '# Modern\n\nStructured bindings came with C++17 and C++20.');
  assert.deepEqual((await found(index, 'C++17'))[0], 'modern.md');
  assert.ok((await found(index, 'C++')).includes('modern.md'));
});

test('Chinese, Japanese and Thai are found by their words, and by what no dictionary cuts out; Latin words among them too', async (t) => {
  const index = open(t, {
    'ja.md': '# 旅行\n\n東京都の学校教育についてMarkdownで書いたメモです。テキストエディタを使う。',
    'zh.md': '# 笔记\n\n我们昨天讨论了机器学习模型的训练方法，以及数据库索引。',
    'th.md': '# บันทึก\n\nสวัสดีชาวโลก วันนี้อากาศดีมากที่กรุงเทพ',
    'ko.md': '# 노트\n\n오늘 학교에서 친구를 만났다.',
    'hi.md': '# टिप्पणी\n\nआज मौसम बहुत अच्छा है।',
    'ru.md': '# Чай\n\nТёплый чай с лимоном.',
    'ca.md': '# Museu\n\nLa COL·LECCIÓ de pe\u00adces.',
  });
  const wanted = {
    col·lecció: 'ca.md',
    coŀlecció: 'ca.md',
    colleccio: 'ca.md',
    peces: 'ca.md',
    東京: 'ja.md',
    学校教育: 'ja.md',
    エディタ: 'ja.md',
    markdown: 'ja.md',
    机器学习: 'zh.md',
    数据库: 'zh.md',
    索引: 'zh.md',
    อากาศ: 'th.md',
    กรุงเทพ: 'th.md',
    학교: 'ko.md',
    मौसम: 'hi.md',
    теплый: 'ru.md',
  };
  for (const [query, path] of Object.entries(wanted)) assert.deepEqual(await found(index, query), [path], query);
});

test('stop words count when a query has nothing else', async (t) => {
  const index = open(t, {
    'who.md': '# Records\n\nThe Who played at Leeds; the sleeve is torn.',
    'other.md': '# Visitors\n\nWho is the man that the neighbours saw?',
    'more.md': '# Garden\n\nRoses and leeks.',
  });
  assert.equal((await found(index, 'The Who'))[0], 'who.md');
  assert.deepEqual(await found(index, 'the who leeks'), ['more.md']);
});

test('a typo is tolerated only where no note has the word, and never comes before the word itself', async (t) => {
  const index = open(t, {
    'form.md': '# Form\n\nThe form has to be signed by the landlord.',
    'farm.md': '# Farm\n\nA farm with farm animals, farm eggs and a farm shop, all on the farm.',
    'vessel.md': '# Expansion vessel\n\nThe membrane leaks.',
  });
  assert.deepEqual(await found(index, 'form'), ['form.md']);
  assert.deepEqual(await found(index, 'vesel'), ['vessel.md']);
  assert.deepEqual(await found(index, 'membarne farm'), ['farm.md', 'vessel.md']);
  assert.deepEqual(await found(index, 'expans'), ['vessel.md'], 'a beginning is enough');
});

test('a hit shows the words it was found by, in a long line too, and says where it stands', async (t) => {
  const filler = Array.from({ length: 400 }, (_, at) => `word${at}`).join(' ');
  const index = open(t, {
    'long.md': `# Log\n\n${filler} the elevator was repaired with data from the maker ${filler}\n\nEnd.\n`,
    'lines.md': `# Lines\n\n${'data about nothing\n\n'.repeat(300)}The elevator stops and the data is gone.\n`,
    'short.md':
      '---\ntags: [a]\n---\n# Short\n\n## First\n\nNothing here, move along.\n\n## Second\n\nThe axolotl\nswims in circles.\n',
  });
  const [long] = (await index.find('data elevator')).filter(({ path }) => path === 'long.md');
  assert.match(long?.text ?? '', /elevator was repaired with data/);
  assert.ok((long?.text.length ?? 0) < 750);
  assert.deepEqual([long?.line, long?.endLine], [3, 3]);
  const [lines] = (await index.find('data elevator')).filter(({ path }) => path === 'lines.md');
  assert.match(lines?.text ?? '', /The elevator stops and the data is gone\.$/);
  assert.equal(lines?.endLine, 603);
  const [short] = await index.find('axolotls');
  assert.deepEqual(
    { ...short, score: 0 },
    {
      path: 'short.md',
      noteId: 3,
      section: 'Second',
      score: 0,
      by: 'words',
      text: '## Second\n\nThe axolotl\nswims in circles.',
      line: 10,
      endLine: 13,
    },
  );
});

test('several sections of a note show when asked for and when they score alike', async (t) => {
  const index = open(t, {
    'a.md':
      '# Notes\n\n## One\n\nThe axolotl swims in the tank.\n\n## Two\n\nThe axolotl swims in the pond.\n\n## Three\n\nNothing about it at all here.',
    'b.md': '# Other\n\nAn axolotl, once.',
  });
  const sections = async (perNote: number) =>
    (await index.find('axolotl swims', { perNote })).map(({ path, section }) => `${path}#${section}`);
  assert.deepEqual(await sections(1), ['a.md#One', 'b.md#']);
  assert.deepEqual(await sections(3), ['a.md#One', 'a.md#Two', 'b.md#']);
});

test('a note of a thousand sections that all have the word leaves room for other notes', async (t) => {
  const index = open(t, {
    'diary.md': `# Diary\n\n${Array.from({ length: 1000 }, (_, day) => `## Day ${day}\n\nGym\n\n`).join('')}`,
    'a.md': '# A\n\nThe gym in the next street has a pool, and is open until ten.',
    'b.md': '# B\n\nShoes for the gym: with a flat sole, one size larger than usual.',
  });
  assert.deepEqual((await found(index, 'gym')).toSorted(), ['a.md', 'b.md', 'diary.md']);
});

test('notes change, go and are filtered', async (t) => {
  const index = open(t, { 'a.md': '# Old\n\nThe heron stood there.', 'b.md': '# Other\n\nA heron too.' });
  index.put('a.md', '# New\n\nThe kingfisher dived.');
  assert.deepEqual(await found(index, 'heron'), ['b.md']);
  assert.deepEqual(await found(index, 'kingfisher'), ['a.md']);
  index.put('b.md', undefined);
  assert.deepEqual(await found(index, 'heron'), []);
  index.put('b.md', '# Back\n\nkingfisher');
  const only = await index.find('kingfisher', { isAllowed: (id) => index.paths[id - 1] === 'b.md' });
  assert.deepEqual(
    only.map(({ path }) => path),
    ['b.md'],
  );
  assert.equal(index.search.status().sections, 2);
});
