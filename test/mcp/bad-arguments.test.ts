import assert from 'node:assert/strict';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { allTools } from '../../src/mcp/all-tools.js';
import { openReal } from './open-real.js';

const text = '# A\n\n## H\n\nold\n';
/** A call of each tool that works, as often as it is made. */
const good: Record<string, (round: number) => Record<string, unknown>> = {
  vault_search: () => ({ query: 'old' }),
  vault_read: () => ({ file_path: 'a.md' }),
  vault_list: () => ({}),
  vault_summary: () => ({}),
  vault_recent: () => ({}),
  vault_tags: () => ({}),
  vault_links: () => ({ file_path: 'a.md' }),
  vault_write: (round) => ({ file_path: `w${round}.md`, content: '' }),
  vault_edit: (round) => ({ file_path: 'e.md', old_text: `old${round}`, new_text: `new${round}` }),
  vault_insert: () => ({ file_path: 'b.md', text: 'x' }),
  vault_daily: () => ({ text: 'x' }),
  vault_frontmatter: () => ({ file_path: 'b.md', set: { a: 1 } }),
  vault_move: (round) => ({ file_path: `m${round}.md`, new_path: `n${round}.md` }),
  vault_delete: (round) => ({ file_path: `d${round}.md` }),
  vault_reindex: () => ({}),
};
/** What is wrong for an argument of each type, whatever its bounds. */
const wrong: Record<string, unknown[]> = {
  string: [[], {}, ['a', 'b']],
  integer: ['many', 1.5, -1, [], {}],
  boolean: ['perhaps', 3, [], {}],
  array: [3, {}, [{}], [null]],
  object: ['text', 3, [1]],
};

const rounds = 4;
const files = Object.fromEntries(
  Array.from({ length: rounds }, (_, round) => [
    [`m${round}.md`, text] as const,
    [`d${round}.md`, text] as const,
  ]).flat(),
);

test('each tool takes null, empty and unknown optional arguments, and names what is wrong', async (t) => {
  const { call, folder } = await openReal(t, { 'a.md': text, 'b.md': text, 'e.md': 'old0 old1 old2 old3\n', ...files });
  assert.deepEqual(Object.keys(good).sort(), allTools.map(({ definition }) => definition.name).sort());
  for (const { definition } of allTools) {
    const { name, inputSchema } = definition;
    const args: (round: number) => Record<string, unknown> = good[name] ?? (() => ({}));
    const properties = Object.entries(inputSchema.properties ?? {}) as [string, { type?: string }][];
    const required = inputSchema.required ?? [];
    const optional = properties.map(([key]) => key).filter((key) => !(key in args(0)) && !required.includes(key));
    const works = async (round: number, more: object) => {
      const answer = await call(name, { ...args(round), ...more });
      assert.equal(answer.isError, false, `${name} ${JSON.stringify(more)}: ${answer.text}`);
      return answer;
    };
    await works(0, Object.fromEntries(optional.map((key) => [key, null])));
    await works(1, Object.fromEntries(optional.map((key) => [key, ''])));
    const odd = await works(2, { ofset: 3, 'x\ny': 1 });
    assert.match(odd.text, /^Ignored unknown arguments: ofset, x y\n/);
    assert.deepEqual((odd.data as unknown as Record<string, unknown>)['ignored_arguments'], ['ofset', 'x y']);
    const before = await snapshot(folder);
    for (const [key, { type = '' }] of properties) {
      for (const value of wrong[type] ?? []) {
        const answer = await call(name, { ...args(3), [key]: value });
        assert.equal(answer.isError, true, `${name} ${key}=${JSON.stringify(value)}`);
        assert.match(answer.text, new RegExp(`^Bad arguments for ${name}: .*${key}`), answer.text);
        assert.ok(answer.text.length < 1200, answer.text);
      }
    }
    for (const key of required) {
      const rest: Record<string, unknown> = args(3);
      delete rest[key];
      assert.equal((await call(name, rest)).text, `Bad arguments for ${name}: ${key} is missing.`);
    }
    for (const [key, { type }] of properties) {
      if (type !== 'string' || key === 'content' || key === 'new_text' || key === 'text' || key === 'old_text')
        continue;
      const answer = await call(name, { ...args(3), [key]: 'x'.repeat(100_000) });
      assert.equal(answer.isError, true, `${name} ${key}`);
      assert.ok(answer.text.length < 1200, `${name} ${key}: ${answer.text.length}`);
    }
    assert.deepEqual(await snapshot(folder), before, name);
  }
});

async function snapshot(folder: string): Promise<string[]> {
  const names = (await readdir(folder, { recursive: true })).filter((name) => name.endsWith('.md')).sort();
  return Promise.all(names.map(async (name) => `${name} ${await readFile(join(folder, name), 'utf8')}`));
}
