import assert from 'node:assert/strict';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { connectV1, connectV2 } from './connect.js';
import { freePort, scratchFolder, startServer } from './server-process.js';

const plan = '---\nowner: ana\n---\n# Plan\n\nSee [[ideas/garden]].\n\n## Tasks\n\n- one\n';

for (const [era, connect] of [
  ['2025-11-25', connectV1],
  ['2026-07-28', connectV2],
] as const) {
  test(`${era}: what a model does in a day, over a restart`, async (t) => {
    const scratch = await scratchFolder();
    t.after(scratch.remove);
    const vault = join(scratch.path, 'notes');
    await mkdir(join(vault, 'ideas'), { recursive: true });
    await mkdir(join(vault, '.obsidian'));
    await writeFile(join(vault, '.obsidian/daily-notes.json'), '{"folder":"Journal","template":"_templates/day"}');
    await mkdir(join(vault, '_templates'));
    await writeFile(join(vault, '_templates/day.md'), '# {{title}}\n\n## Log\n');
    await writeFile(join(vault, 'plan.md'), plan);
    await writeFile(join(vault, 'ideas/garden.md'), '# Garden\n\nPlant tulips.\n');
    const args = ['--vault-path', vault, '--state-path', join(scratch.path, 'state.json')];
    const port = await freePort();
    let server = await startServer({ port, args });
    t.after(() => server.stop('SIGKILL'));
    const client = await connect(server.url);
    t.after(() => client.close());
    const { call } = client;
    assert.match(await call('vault_list', { where: { owner: 'Ana' } }), /1 note:\n- plan\.md: Plan$/);
    assert.match(await call('vault_search', { query: 'tulip' }), /1\. ideas\/garden\.md/);
    await call('vault_insert', { file_path: 'plan.md', heading: 'Tasks', text: '- two' });
    await call('vault_insert', { file_path: 'log/new.md', text: 'First.', create: true, heading: null });
    assert.match(await call('vault_daily', { date: '2026-07-28', text: '- rain', heading: 'Log' }), /Created the note/);
    assert.match(await call('vault_move', { file_path: 'ideas/garden.md', new_path: 'yard.md' }), /plan\.md: 1 link/);
    await server.stop('SIGTERM');
    server = await startServer({ port, args });
    assert.match(await call('vault_read', { file_path: 'plan.md', section: 'Tasks' }), /- one\n- two\n$/);
    assert.match(await call('vault_read', { file_path: 'plan.md' }), /\nSee \[\[yard\]\]\.\n/);
    assert.match(
      await call('vault_read', { file_path: 'Journal/2026-07-28.md' }),
      /# 2026-07-28\n\n## Log\n\n?- rain\n$/,
    );
    assert.match(await call('vault_read', { file_path: 'yards.md' }), /"yard\.md"/);
    await call('vault_delete', { file_path: 'log/new.md' });
    assert.equal(await readFile(join(vault, '.trash/log/new.md'), 'utf8'), 'First.\n');
    assert.equal(client.login.logins, 1);
  });
}
