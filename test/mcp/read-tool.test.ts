import assert from 'node:assert/strict';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { openReal } from './open-real.js';

const png = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
  'base64',
);
const plan = `---
title: The plan
aliases: [Master plan, "Plan B"]
created: 2026-01-02
updated: 2026-07-28
status: Blocked
owner: ana
tags: [work, work/big]
---
# Plan

Intro. [[ideas/café]]

## Tasks

- one ^first

### Later

- two

#### Much later

three

## Notes

End.
`;
const files = {
  'plan.md': plan,
  'ideas/café.md': '# Café\n\n## Open\n\n[plan](../plan.md)\n',
  '_inbox/today.md': '# Inbox\n',
  'data/table.csv': 'name,n\nana,1\nbo,2\n',
  'board.canvas': JSON.stringify({ nodes: [{ id: 'a', type: 'text', text: 'A card' }], edges: [] }),
  'img/dot.png': png,
  'img/photo.pdf': Buffer.from('%PDF-1.4\0\0'),
};

test('vault_read', async (t) => {
  const { call, client, folder } = await openReal(t, files);

  await t.test(
    'gives the metadata of a note: aliases, dates, a status of its own, headings of every level',
    async () => {
      const { text, data } = await call('vault_read', { file_path: 'plan.md' });
      const header = text.slice(0, text.indexOf('\n---\n'));
      for (const line of [
        'Title: The plan',
        'Path: plan.md',
        'Status: Blocked',
        'Created: 2026-01-02',
        'Updated: 2026-07-28',
        'Aliases: Master plan, Plan B',
        'Tags: work, work/big',
        'Sections: Plan, Tasks, Later, Much later, Notes',
        'Cross-references: ideas/café',
        'Other: owner: ana',
      ]) {
        assert.ok(header.split('\n').includes(line), `${line}\n\n${header}`);
      }
      assert.equal(data.text, plan);
      assert.ok(text.endsWith(`\n---\n${plan}`));
    },
  );

  await t.test('gives sections of any level, blocks, lines and the outline, with a short header', async () => {
    const read = async (args: object) => call('vault_read', { file_path: 'plan.md', ...args });
    assert.equal((await read({ section: 'Later' })).data.text, '### Later\n\n- two\n\n#### Much later\n\nthree\n\n');
    assert.equal((await read({ section: '#### Much later' })).data.text, '#### Much later\n\nthree\n\n');
    assert.equal((await read({ section: 'Tasks#Later' })).data.first_line, 18);
    assert.match((await read({ section: '^first' })).data.text, /^- one \^first\n?$/);
    assert.match((await read({ section: '^none' })).text, /\^?none/);
    assert.match((await read({ section: 'Taks' })).text, /Tasks/);
    const part = await read({ start_line: 10, end_line: 12 });
    assert.equal(part.data.text, '# Plan\n\nIntro. [[ideas/café]]\n');
    assert.doesNotMatch(part.text, /Aliases|Cross-references/);
    assert.match((await read({ section: 'Tasks', start_line: 4 })).text, /only one of these/);
    const outline = await read({ outline: true });
    assert.match(outline.text, /\n---\n10: # Plan\n14: ## Tasks\n18: ### Later\n22: #### Much later\n26: ## Notes$/);
    assert.doesNotMatch(outline.text, /Intro/);
    await writeFile(join(folder, 'long.md'), '## Heading\n'.repeat(450));
    const lines: number[] = [];
    for (let offset: number | undefined = 0; offset !== undefined; ) {
      const { data, text } = await call('vault_read', { file_path: 'long.md', outline: true, offset });
      lines.push(...(data.outline ?? []).map(({ line }) => line));
      const more = data.next_offset === undefined ? '' : `; cut off here, go on with offset ${data.next_offset}`;
      assert.match(text, new RegExp(`\\nHeadings: ${data.outline?.length} of 450, in 450 lines${more}\\n---\\n`));
      offset = data.next_offset;
    }
    await rm(join(folder, 'long.md'));
    assert.deepEqual(
      lines,
      Array.from({ length: 450 }, (_, index) => index + 1),
    );
  });

  await t.test('takes an alias for a path without ending, and names the note for one with it', async () => {
    for (const alias of ['Master plan', 'master PLAN', 'Plan B']) {
      assert.equal((await call('vault_read', { file_path: alias })).data.path, 'plan.md', alias);
    }
    const { text, isError } = await call('vault_edit', { file_path: 'Plan B.md', old_text: 'a', new_text: 'b' });
    assert.deepEqual([isError, /Did you mean "plan\.md"/.test(text)], [true, true], text);
  });

  await t.test('gives several at once, and says of each what is wrong', async () => {
    const { data, text, isError } = await call('vault_read', {
      file_paths: ['plan.md', 'ideas/cafe.md', 'img/dot.png'],
    });
    assert.equal(isError, false);
    assert.equal(data.files[0]?.text, plan);
    assert.match(data.files[1]?.error ?? '', /ideas\/café\.md/);
    assert.match(text, /^== [\da-f]{8}: file 1 of 3 ==\nTitle: The plan\n/);
    assert.match(text, /== [\da-f]{8}: file 3 of 3 ==\nPath: img\/dot\.png/);
    assert.equal((await call('vault_read', {})).isError, true);
    assert.equal((await call('vault_read', { file_paths: Array.from({ length: 21 }, () => 'plan.md') })).isError, true);
  });

  await t.test('gives an image as an image, and text files as text', async () => {
    const image = await call('vault_read', { file_path: 'img/dot.png' });
    assert.deepEqual(image.content[1], { type: 'image', data: png.toString('base64'), mimeType: 'image/png' });
    assert.match(image.text, /^Path: img\/dot\.png\nType: image\/png, \d+ bytes\n/);
    const big = Buffer.concat([png, Buffer.alloc(1_500_000)]);
    for (const name of ['a', 'b', 'c']) await writeFile(join(folder, `img/${name}.png`), big);
    const three = await call('vault_read', { file_paths: ['img/a.png', 'img/b.png', 'img/c.png'] });
    assert.deepEqual(
      three.content.map(({ type }) => type),
      ['text', 'image', 'image'],
    );
    assert.match(three.text, /img\/c\.png is left out.*read it by itself\.$/);
    const csv = await call('vault_read', { file_path: 'data/table.csv', start_line: 2 });
    assert.equal(csv.data.text, 'ana,1\nbo,2\n');
    assert.match((await call('vault_read', { file_path: 'board.canvas' })).data.text, /A card/);
    const pdf = await call('vault_read', { file_path: 'img/photo.pdf' });
    assert.match(pdf.text, /neither text nor/);
    assert.equal(pdf.isError, true);
  });

  await t.test('opens a note whose ending was left out, and says that a folder is one', async () => {
    assert.equal((await call('vault_read', { file_path: 'ideas/café' })).data.path, 'ideas/café.md');
    assert.equal((await call('vault_read', { file_path: 'plan', section: 'Later' })).data.first_line, 18);
    for (const file_path of ['ideas', 'ideas/']) {
      assert.match((await call('vault_read', { file_path })).text, /^"ideas" is a folder, not a file: list what/);
    }
    assert.match(
      (await call('vault_read', { file_path: 'data/table.csv', section: 'x' })).text,
      /Only notes have sections/,
    );
  });

  await t.test('the same files are resources, and their paths are completed', async () => {
    const { resources } = await client.listResources();
    assert.deepEqual(resources.map(({ name }) => name).sort(), ['ideas/café.md', 'plan.md']);
    const read = async (uri: string) => (await client.readResource({ uri })).contents[0];
    assert.deepEqual(await read('vault:///img/dot.png'), {
      uri: 'vault:///img/dot.png',
      mimeType: 'image/png',
      blob: png.toString('base64'),
    });
    assert.equal((await read('vault:///data/table.csv'))?.mimeType, 'text/csv');
    await assert.rejects(read('vault:///ideas/cafe.md'), /Did you mean "ideas\/café\.md"/);
    const ref = { type: 'ref/resource', uri: 'vault:///{+path}' } as const;
    const complete = async (value: string) => {
      return (await client.complete({ ref, argument: { name: 'path', value } })).completion.values;
    };
    assert.deepEqual(await complete('IDEAS/'), ['ideas/café.md']);
    assert.deepEqual(await complete('\u0301'.repeat(300_000)), []);
  });

  await t.test('opens names with _ by path, and answers a wrong path with the nearest', async () => {
    assert.equal((await call('vault_read', { file_path: '_inbox/today.md' })).data.text, '# Inbox\n');
    for (const [file_path, near] of [
      ['cafe.md', 'ideas/café.md'],
      ['Plans', 'plan.md'],
      ['ideas/plan.md', 'plan.md'],
      ['dot.png', 'img/dot.png'],
    ] as const) {
      for (const tool of ['vault_read', 'vault_links', 'vault_delete']) {
        const { text, isError } = await call(tool, { file_path });
        assert.equal(isError, true, `${tool} ${file_path}`);
        assert.ok(text.includes(near), `${tool}: ${text}`);
        assert.ok(text.length < 500, text);
      }
    }
  });
});

test('a note of hostile metadata gives small answers, everywhere', async (t) => {
  const many = (make: (index: number) => string, count: number) => Array.from({ length: count }, (_, i) => make(i));
  const hostile = [
    '---',
    `aliases: [${many((i) => `alias ${i} ${'x'.repeat(300)}`, 100).join(', ')}]`,
    ...many((i) => `key${i}: ${'v'.repeat(60)}`, 500),
    '---',
    `# ${'T'.repeat(5000)}`,
    ...many((i) => `## Heading ${i} ${'h'.repeat(200)}`, 3000),
    many((i) => `#tag${i}${'t'.repeat(100)}`, 20_000).join(' '),
    many((i) => `[[target ${i} ${'l'.repeat(100)}]]`, 9000).join(' '),
  ].join('\n');
  const { call } = await openReal(t, { 'hostile.md': hostile, 'good.md': '# Good\n' });
  const sizes: Record<string, number> = {};
  const calls: [string, object][] = [
    ['vault_read', { file_path: 'hostile.md', max_chars: 100 }],
    ['vault_read', { file_path: 'hostile.md', outline: true }],
    ['vault_read', { file_path: 'hostile.md' }],
    ['vault_list', {}],
    ['vault_summary', {}],
    ['vault_recent', {}],
    ['vault_tags', {}],
    ['vault_links', { file_path: 'hostile.md' }],
    ['vault_search', { query: 'heading' }],
  ];
  const limits: Record<string, number> = { vault_read: 20_000 };
  for (const [index, [name, args]] of calls.entries()) {
    const { bytes, isError, text } = await call(name, args);
    assert.equal(isError, false, text.slice(0, 500));
    sizes[`${name} ${index}`] = bytes;
  }
  t.diagnostic(JSON.stringify(sizes));
  assert.ok((sizes['vault_read 0'] ?? 0) < (limits['vault_read'] ?? 0));
  for (const [name, size] of Object.entries(sizes)) assert.ok(size < 300_000, `${name}: ${size}`);
});

test('no answer has half a character, wherever a note is cut', async (t) => {
  const many = '😀'.repeat(600);
  const note = `---\ntitle: a${many}\nk: a${many}\n---\n# a${many}\n\n[a${many}](x.md)\n\na${many}\n`;
  const { call } = await openReal(t, { 'a.md': note });
  for (const [tool, args] of [
    ['vault_read', { max_chars: 100 }],
    ['vault_read', { offset: 1301, max_chars: 101 }],
    ['vault_read', { outline: true }],
    ['vault_read', { section: 'none\ud83d' }],
    ['vault_links', {}],
    ['vault_list', { 'a\ud83d': 1 }],
  ] as const) {
    const answer = JSON.stringify(await call(tool, { file_path: 'a.md', ...args }));
    assert.doesNotMatch(answer, /\\ud[89a-f]/, `${tool} ${JSON.stringify(args)}`);
  }
});
