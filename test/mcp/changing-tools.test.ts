import assert from 'node:assert/strict';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { openReal } from './open-real.js';

const notes = {
  'plan.md':
    '---\ntags: [work]\nowner: ana # keep\n---\n# Plan\n\n## Tasks\n\n- one\n\n## Notes\n\nSee [[ideas/café#Open]].\n',
  'ideas/café.md': '# Café\n\n## Open\n\nBack to [the plan](../plan.md) and [[nowhere]]. #food\n',
};

describe('tools that change notes', () => {
  test('vault_insert adds under a heading and nowhere else', async (t) => {
    const { call, folder } = await openReal(t, notes);
    const done = await call('vault_insert', { file_path: 'plan.md', heading: 'Tasks', text: '- two' });
    assert.equal(done.isError, false, done.text);
    const text = await readFile(join(folder, 'plan.md'), 'utf8');
    assert.match(text, /## Tasks\n\n- one\n- two\n\n## Notes/);
    assert.equal(text.replace('- two\n', ''), notes['plan.md']);
    assert.match((await call('vault_insert', { file_path: 'plan.md', heading: 'Taks', text: 'x' })).text, /no heading/);
  });

  test('vault_insert makes the note and the heading when told, and replaces a section', async (t) => {
    const { call, folder } = await openReal(t, notes);
    const insert = (args: object) => call('vault_insert', { file_path: 'plan.md', ...args });
    const missing = await insert({ file_path: 'log/day.md', text: 'x' });
    assert.match(missing.text, /^There is no note "log\/day\.md".*\nTo create the note, set create to true\.$/);
    const made = await insert({ file_path: 'log/day.md', text: '- x', heading: 'Log', create: true });
    assert.equal(made.data.created, true);
    assert.equal(await readFile(join(folder, 'log/day.md'), 'utf8'), '## Log\n\n- x\n');
    assert.match(
      (await insert({ text: 'x', heading: 'Later' })).text,
      /\nTo create the heading, set create to true\.$/,
    );
    assert.equal((await insert({ text: 'x', heading: 'Later', create: true })).data.created, false);
    const replaced = await insert({ text: 'nothing', heading: 'Tasks', position: 'replace' });
    assert.match(replaced.text, /^Replaced a section of plan\.md at line 9\nHash: /);
    const text = await readFile(join(folder, 'plan.md'), 'utf8');
    assert.match(text, /## Tasks\n\nnothing\n\n## Notes\n\nSee .*\n\n## Later\n\nx\n$/);
    assert.match((await insert({ text: 'x', position: 'replace' })).text, /name its heading/);
    assert.match((await insert({ text: '' })).text, /text to insert is empty/);
    assert.equal((await insert({ text: '', heading: 'Tasks', position: 'replace' })).isError, false);
    assert.match(await readFile(join(folder, 'plan.md'), 'utf8'), /## Tasks\n\n+## Notes/);
    const csv = await call('vault_insert', { file_path: 'data.csv', text: 'x' });
    assert.doesNotMatch(csv.text, /Did you mean/);
  });

  test('vault_daily reads, makes and adds by the settings of the vault', async (t) => {
    const { call, folder } = await openReal(t, {
      '.obsidian/daily-notes.json': '{"folder":"Journal","format":"YYYY/MM-DD","template":"_t/day"}',
      '_t/day.md': '# {{date:dddd}}\n\n## Log\n',
    });
    const missing = await call('vault_daily', { date: '2026-07-28' });
    assert.equal(missing.isError, true);
    assert.match(missing.text, /no daily note of 2026-07-28 yet .*"Journal\/2026\/07-28\.md"/);
    assert.equal((await call('vault_daily', { date: '28.7.' })).text, 'date must be a date such as 2026-07-28.');
    const added = await call('vault_daily', { date: '2026-07-28', text: '- rain', heading: 'Log' });
    assert.match(added.text, /^Created the note\.\nAdded at line 5\.\n/);
    assert.equal(await readFile(join(folder, 'Journal/2026/07-28.md'), 'utf8'), '# Tuesday\n\n## Log\n\n- rain\n');
    const read = await call('vault_daily', { date: '2026-07-28' });
    assert.equal(read.data.text, '# Tuesday\n\n## Log\n\n- rain\n');
    assert.equal((await call('vault_daily', { text: 'today' })).data.created, true);
  });

  test('vault_daily goes by the operator instead, and does without a template that is not there', async (t) => {
    const settings = '{"folder":"Journal","template":"_t/none"}';
    const operator = { dailyFolder: 'Log', dailyFormat: 'YYYY/MM/DD' };
    const { call } = await openReal(t, { '.obsidian/daily-notes.json': settings }, operator);
    const made = await call('vault_daily', { date: '2026-07-28', create: true });
    assert.equal(made.data.path, 'Log/2026/07/28.md');
    assert.match(
      made.text,
      /^Created the note\.\nThe template of the daily notes was not used: There is no note "_t\/none\.md"/,
    );
  });

  test('vault_frontmatter sets and removes fields, whatever JSON holds', async (t) => {
    const { call, folder } = await openReal(t, notes);
    const set = { due: '2026-12-01', done: false, effort: 3, people: ['ana', 'bo'], nested: { a: null } };
    const done = await call('vault_frontmatter', { file_path: 'plan.md', set, remove: ['tags'] });
    assert.equal(done.isError, false, done.text);
    const text = await readFile(join(folder, 'plan.md'), 'utf8');
    assert.match(text, /^---\nowner: ana # keep\n/);
    assert.doesNotMatch(text, /tags:/);
    assert.match(text, /effort: 3\n/);
    assert.ok(text.endsWith(notes['plan.md'].slice(notes['plan.md'].indexOf('# Plan'))));
    const stale = await call('vault_frontmatter', { file_path: 'plan.md', set: { a: 1 }, if_match: '0'.repeat(64) });
    assert.equal(stale.isError, true);
    assert.match(stale.text, new RegExp(done.data.hash));
    assert.match((await call('vault_frontmatter', { file_path: 'plan.md' })).text, /at least one/);
  });

  test('vault_move takes its links along, and search follows', async (t) => {
    const { call, folder } = await openReal(t, notes);
    const moved = await call('vault_move', { file_path: 'ideas/café.md', new_path: 'food/places/café.md' });
    assert.equal(moved.isError, false, moved.text);
    assert.match(moved.text, /^Moved ideas\/café\.md to food\/places\/café\.md\n/);
    assert.match(await readFile(join(folder, 'plan.md'), 'utf8'), /\[\[food\/places\/café#Open\]\]/);
    assert.match(await readFile(join(folder, 'food/places/café.md'), 'utf8'), /\(\.\.\/\.\.\/plan\.md\)/);
    const found = await call('vault_search', { query: 'cafe' });
    assert.deepEqual(found.data.hits.map(({ path }) => path).sort(), ['food/places/café.md', 'plan.md']);
    const taken = await call('vault_move', { file_path: 'plan.md', new_path: 'food/places/café.md' });
    assert.equal(taken.isError, true);
  });

  test('vault_delete keeps the note in .trash, out of reach', async (t) => {
    const { call, folder } = await openReal(t, notes);
    const deleted = await call('vault_delete', { file_path: 'ideas/café.md' });
    assert.equal(deleted.text, 'Deleted ideas/café.md; it is kept as .trash/ideas/café.md');
    assert.deepEqual(await readdir(join(folder, '.trash/ideas')), ['café.md']);
    assert.equal((await call('vault_read', { file_path: '.trash/ideas/café.md' })).isError, true);
    assert.equal((await call('vault_search', { query: 'food' })).data.hits.length, 0);
    assert.equal((await call('vault_delete', { file_path: 'ideas/café.md' })).isError, true);
  });
});

test('tools that survey the vault', async (t) => {
  const { call } = await openReal(t, notes);

  await t.test('vault_links tells both directions, and what is broken', async () => {
    const { text } = await call('vault_links', { file_path: 'ideas/café.md' });
    assert.equal(
      text,
      [
        '2 links from it:',
        '- line 5: plan.md',
        '- line 5: nowhere (broken)',
        '1 link to it:',
        '- plan.md line 13: Plan (to #Open)',
      ].join('\n'),
    );
    assert.equal((await call('vault_links', { file_path: 'none.md' })).isError, true);
  });

  await t.test('vault_tags, vault_recent and the filters of vault_list agree', async () => {
    assert.equal((await call('vault_tags')).text, '2 tags:\n- #food: 1\n- #work: 1');
    assert.equal((await call('vault_recent', { limit: 1 })).data.notes.length, 1);
    assert.equal((await call('vault_recent', { since: '2200-01-01' })).text, 'No note matches.');
    assert.match((await call('vault_recent', { since: 'monday' })).text, /ISO/);
    const listed = async (filters: object) => (await call('vault_list', filters)).data.notes.map(({ path }) => path);
    assert.deepEqual(await listed({ tag: '#Work' }), ['plan.md']);
    assert.deepEqual(await listed({ folder: 'ideas/' }), ['ideas/café.md']);
    assert.deepEqual(await listed({ folder: 'idea' }), []);
    assert.deepEqual(await listed({ modified_since: '2200-01-01' }), []);
  });
});
