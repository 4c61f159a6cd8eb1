import assert from 'node:assert/strict';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { openReal } from './open-real.js';

const note = (fields: string) => `---\n${fields}\n---\n# Note\n`;
const files = {
  'root.md': note('status: active\ntags: [a/b]'),
  'Projects/Alpha/one.md': note('status: Blocked\nowner: Ana\npriority: 2\ndue: 2026-12-01'),
  'Projects/Alpha/two.md': note('status: done\nowner: [bo, Ana]\nflag: true'),
  'Projects/beta.md': note('owner: bo'),
  'Área/tres.md': '# Tres\n\n**Status:** En progreso\n**Client:** ACME\n',
  '_inbox/x.md': '# hidden from lists\n',
};

test('vault_list', async (t) => {
  const { call } = await openReal(t, files);

  await t.test('shows folders with counts, and notes with their status', async () => {
    const { text, data } = await call('vault_list');
    assert.match(text, /^Folders: .*Projects\/ \(3\)/);
    assert.match(text, /\n5 notes:\n/);
    assert.match(text, /- Projects\/Alpha\/one\.md: Note \[Blocked\]/);
    assert.equal(data.total, 5);
    const below = await call('vault_list', { folder: 'Projects' });
    assert.deepEqual(below.data.folders, [{ path: 'Projects/Alpha', notes: 2 }]);
    assert.equal(below.data.notes.length, 3);
  });

  await t.test('has the aliases and dates of the notes that have some, cut to a few', async () => {
    const many = Array.from({ length: 30 }, (_, index) => `${index}${'a'.repeat(400)}`);
    const { call: own } = await openReal(t, {
      'a.md': note('aliases: [Other, "Second\\nname"]\ncreated: 2020-01-02\nmodified: 2021-03-04'),
      'b.md': `# B\n**Created:** ${'x'.repeat(400)}\n`,
      'c.md': note(`aliases: [${many.join(', ')}]`),
      'd.md': '# D',
    });
    const { text, data, bytes } = await own('vault_list');
    const listed = data.notes as unknown as Record<string, unknown>[];
    const { created, updated, aliases } = listed[0] ?? {};
    assert.deepEqual([created, updated, aliases], ['2020-01-02', '2021-03-04', ['Other', 'Second name']]);
    assert.match(text, /- a\.md: Note \(also Other, Second name; created 2020-01-02; updated 2021-03-04\)\n/);
    assert.equal([listed[2]?.['aliases'] ?? []].flat().length, 5);
    assert.match(text, /… \(15 more\)/);
    assert.ok(['aliases', 'created', 'updated'].every((key) => !(key in (listed[3] ?? {}))));
    assert.ok(bytes < 4000, String(bytes));
  });

  await t.test('folder and domain take any spelling, alike', async () => {
    const total = async (args: object) => (await call('vault_list', args)).data.total;
    for (const folder of ['Projects', './Projects', 'projects/', '/Projects//', 'PROJECTS/.']) {
      assert.equal(await total({ folder }), 3, folder);
    }
    for (const folder of ['.', './', '/', '', null]) assert.equal(await total({ folder }), 5, String(folder));
    for (const domain of ['Projects', 'projects', 'PROJECTS', './projects', 'Projects/'])
      assert.equal(await total({ domain }), 3, domain);
    assert.equal(await total({ domain: 'ROOT' }), 1);
    assert.equal(await total({ domain: 'área' }), 1);
    const inbox = await call('vault_list', { folder: '_inbox' });
    assert.match(inbox.text, /There is no listed folder "_inbox"/);
    const hits = async (args: object) =>
      (await call('vault_search', { query: 'note', top_k: 20, ...args })).data.hits.length;
    assert.equal(await hits({ folder: './projects' }), 3);
    assert.equal(await hits({ folder: '.' }), await hits({}));
    for (const tool of ['vault_recent', 'vault_tags']) {
      assert.equal((await call(tool, { folder: './projects/' })).isError, false);
    }
    assert.equal((await call('vault_recent', { folder: 'projects' })).data.notes.length, 3);
  });

  await t.test('filters by status, also one of its own, by tag and by any property', async () => {
    const paths = async (args: object) => (await call('vault_list', args)).data.notes.map(({ path }) => path);
    assert.deepEqual(await paths({ status: 'Active' }), ['root.md', 'Área/tres.md']);
    assert.deepEqual(await paths({ status: 'blocked' }), ['Projects/Alpha/one.md']);
    assert.deepEqual(await paths({ tag: '#A' }), ['root.md']);
    assert.deepEqual(await paths({ where: { owner: 'ana' } }), ['Projects/Alpha/one.md', 'Projects/Alpha/two.md']);
    assert.deepEqual(await paths({ where: { owner: 'ana', flag: true } }), ['Projects/Alpha/two.md']);
    assert.deepEqual(await paths({ where: { priority: 2 } }), ['Projects/Alpha/one.md']);
    assert.deepEqual(await paths({ where: { due: '2026-12-01' } }), ['Projects/Alpha/one.md']);
    assert.deepEqual(await paths({ where: { client: 'acme' } }), ['Área/tres.md']);
    assert.deepEqual(await paths({ where: { OWNER: '*' }, folder: 'projects' }), [
      'Projects/Alpha/one.md',
      'Projects/Alpha/two.md',
      'Projects/beta.md',
    ]);
    assert.deepEqual(await paths({ where: '{"owner":"bo"}', folder: 'Projects/Alpha' }), ['Projects/Alpha/two.md']);
    assert.deepEqual(await paths({ where: { "x' OR 1=1 --": '"' } }), []);
  });

  await t.test('finds a number as it is written, and by its value', async () => {
    const { call: own } = await openReal(t, {
      'a.md': note('version: 1.10\nid: 20240102153000123'),
      'b.md': note('version: 1.1\nid: 007'),
      'c.md': note('version: "2"\nrating: 5.0'),
    });
    const found = async (where: object) => (await own('vault_list', { where })).data.notes.map(({ path }) => path);
    assert.deepEqual(await found({ version: '1.10' }), ['a.md']);
    assert.deepEqual(await found({ version: 1.1 }), ['a.md', 'b.md']);
    assert.deepEqual(await found({ id: '20240102153000123' }), ['a.md']);
    assert.deepEqual([await found({ id: '007' }), await found({ id: 7 })], [['b.md'], ['b.md']]);
    assert.deepEqual([await found({ rating: 5 }), await found({ version: 2 })], [['c.md'], ['c.md']]);
    assert.match((await own('vault_read', { file_path: 'a.md' })).text, /version: 1\.10\b.*id: 20240102153000123/s);
  });

  await t.test('more properties than a query can have are refused, and the catalogue stays', async () => {
    const where = Object.fromEntries(Array.from({ length: 90 }, (_, index) => [`k${index}`, index]));
    for (const [tool, args] of [['vault_list', {}] as const, ['vault_search', { query: 'note' }] as const]) {
      const { text } = await call(tool, { ...args, where });
      assert.equal(text, 'At most 20 properties can be asked for at once.');
    }
    assert.equal((await call('vault_list')).isError, false);
  });

  await t.test('says what there is where nothing matches', async () => {
    const text = async (args: object) => (await call('vault_list', args)).text;
    assert.match(await text({ status: 'Lost' }), /^No note matches\.\nThere is no status "Lost"; there are: .*Blocked/);
    assert.match(await text({ folder: 'Project' }), /no folder "Project"; similar: Projects/);
    assert.match(await text({ domain: 'proj' }), /similar: Projects/);
    assert.match(await text({ tag: 'zzz' }), /there are: a/);
    assert.equal(await text({ folder: 'Projects', tag: 'a/b' }), 'No note matches.');
    assert.match(
      await text({ where: { owner: 'zoe', oner: 'ana' } }),
      /^No note matches\.\nNo note has a property "oner"\.$/,
    );
    for (const tool of ['vault_tags', 'vault_recent']) {
      assert.match((await call(tool, { folder: 'Projct' })).text, /There is no folder "Projct"/);
    }
    assert.equal((await call('vault_tags', { folder: 'Área' })).text, 'No tags.');
  });

  await t.test('dates are dates', async () => {
    for (const since of [
      '5',
      '2026',
      'yesterday',
      '2026-02-30',
      '2026-13-01',
      'monday',
      '2026-01-01T25:00',
      '01/02/2026',
      5,
    ]) {
      for (const [tool, name] of [
        ['vault_recent', 'since'],
        ['vault_list', 'modified_since'],
      ] as const) {
        const answer = await call(tool, { [name]: since });
        assert.equal(answer.isError, true, `${tool} ${since}`);
        assert.match(answer.text, new RegExp(`^${name} must be an ISO date or time, such as`));
      }
    }
    for (const since of ['2200-01-01', '2200-01-01T10:00', '2200-01-01 10:00:30.5Z', '2200-01-01T10:00+02:00']) {
      assert.equal((await call('vault_recent', { since })).data.notes.length, 0, since);
    }
  });
});

test('50 at a time, and pages join to the whole, also when a note goes away between them', async (t) => {
  const names = Array.from({ length: 120 }, (_, index) => `n${String(index).padStart(3, '0')}.md`);
  const { call, folder, notes } = await openReal(t, Object.fromEntries(names.map((name) => [name, '# N\n'])));
  const seen: string[] = [];
  let cursor: string | undefined;
  do {
    const { data, text, bytes } = await call('vault_list', cursor === undefined ? {} : { cursor });
    assert.ok(data.notes.length <= 50);
    assert.ok(bytes < 16_000, `${bytes} bytes`);
    if (data.next_cursor !== undefined) assert.ok(text.endsWith(`call again with cursor "${data.next_cursor}".`));
    seen.push(...data.notes.map(({ path }) => path));
    if (cursor === undefined) {
      await rm(join(folder, data.notes.at(-1)?.path ?? ''));
      await notes.reindex();
    }
    cursor = data.next_cursor;
  } while (cursor !== undefined);
  assert.deepEqual(seen, names);
  assert.match((await call('vault_list', { cursor: 'bm8=' })).text, /cursor/);
});
