import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { parseEnvFile } from '../../src/cli/env-file.js';
import { serveOptions } from '../../src/cli/serve-options.js';

const folder = fileURLToPath(new URL('../../../docs/systemd/', import.meta.url));
const linesOf = async (name: string) =>
  (await readFile(`${folder}${name}`, 'utf8')).split('\n').filter((line) => line !== '' && !line.startsWith('#'));

test('the unit for one of several vaults is as guarded as the one for a single vault', async () => {
  const single = await linesOf('vault-mcp.service');
  const template = await linesOf('vault-mcp@.service');
  const own = /vault-mcp|VAULT|\/srv\/notes|pin|network-online/;
  assert.deepEqual(
    template.filter((line) => !own.test(line)),
    single.filter((line) => !own.test(line)),
  );
  assert.ok(template.every((line) => !/vault-mcp\.socket/.test(line)));
});

test('started is what answers, and every variable that a unit sets is a setting', async () => {
  const known = new Set<string>(Object.values(serveOptions).map(({ variable }) => variable));
  for (const name of ['vault-mcp.service', 'vault-mcp@.service']) {
    const lines = await linesOf(name);
    for (const line of ['Type=notify', 'NotifyAccess=all', 'RestartPreventExitStatus=2 3'])
      assert.ok(lines.includes(line));
    const set = lines.filter((line) => line.startsWith('Environment=')).map((line) => line.slice(12));
    for (const variable of Object.keys(parseEnvFile(set.join('\n')).variables))
      assert.ok(known.has(variable), variable);
  }
});
