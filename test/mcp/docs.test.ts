import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { allTools } from '../../src/mcp/all-tools.js';

test('docs/tools.md has every tool with its arguments, and no other', async () => {
  const text = await readFile(new URL('../../../docs/tools.md', import.meta.url), 'utf8');
  const rows = [...text.matchAll(/^\| `(vault_\w+)` \|(.*?)\|/gm)];
  const documented = rows.map(([, name, args = '']) => [
    name,
    [...args.matchAll(/`(\w+)`/g)].map(([, arg]) => arg).sort(),
  ]);
  const served = allTools.map(({ definition: { name, inputSchema } }) => {
    return [name, Object.keys(inputSchema.properties ?? {}).sort()];
  });
  assert.deepEqual(documented.sort(), served.sort());
});
