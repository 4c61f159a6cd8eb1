import assert from 'node:assert/strict';
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { promisify } from 'node:util';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';
import { approve } from './approve.js';
import { freePort, pin, type ServerProcess, scratchFolder, startServer } from './server-process.js';

/** Where `.ci/run` installs other people's programs, and the Node that they want. */
const tools = process.env['TOOLS_PATH'];
const node22 = process.env['NODE22'];
const skip = tools === undefined || node22 === undefined ? 'needs TOOLS_PATH and NODE22, as in .ci/run' : false;
const run = promisify(execFile);
const tool = (name: string) => join(tools ?? '', '.bin', name);

/** The scenarios that ask nothing of a server's own tools, resources and prompts, by revision of the protocol. */
const serverScenarios = {
  '2025-11-25': ['server-initialize', 'ping', 'tools-list', 'resources-list', 'dns-rebinding-protection'],
  '2026-07-28': [
    'tools-list',
    'resources-list',
    'dns-rebinding-protection',
    'http-header-validation',
    'sep-2164-resource-not-found',
  ],
};

for (const [revision, scenarios] of Object.entries(serverScenarios)) {
  test(`conformance, server, ${revision}: ${scenarios.join(', ')}`, { skip }, async (t) => {
    const { server } = await serveNotes(t, ['--no-auth']);
    const target = ['server', '--url', `${server.url}/mcp`, '--spec-version', revision];
    for (const scenario of scenarios) {
      const { stdout } = await run(node22 ?? '', [tool('conformance'), ...target, '--scenario', scenario]);
      assert.match(stdout, /Passed: ([1-9]\d*)\/\1, 0 failed, 0 warnings/, scenario);
    }
  });
}

test('conformance, authorization server: metadata and the code grant', { skip }, async (t) => {
  const { server } = await serveNotes(t, []);
  const port = await freePort();
  const registered = await fetch(`${server.url}/register`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      redirect_uris: [`http://127.0.0.1:${port}/callback`],
      token_endpoint_auth_method: 'none',
    }),
  });
  const { client_id: clientId } = (await registered.json()) as { client_id: string };
  const child = spawn(
    node22 ?? '',
    [
      tool('conformance'),
      'authorization',
      ...['--url', server.url, '--client-id', clientId, '--port', String(port), '--resource', `${server.url}/mcp`],
    ],
    { stdio: ['ignore', 'pipe', 'pipe'] },
  );
  endWith(t, child);
  const url = await printedUrl(child, /(http:\S+\/authorize\?\S+)/);
  await (await fetch(await approve(url, pin))).text();
  const [code] = (await once(child, 'exit')) as [number];
  assert.equal(code, 0);
});

test('the Inspector lists and calls the tools', { skip }, async (t) => {
  const { server } = await serveNotes(t, ['--no-auth']);
  const inspect = async (...args: string[]) => {
    const target = ['--cli', `${server.url}/mcp`, '--transport', 'http'];
    const { stdout } = await run(node22 ?? '', [tool('mcp-inspector'), ...target, ...args]);
    return JSON.parse(stdout) as { tools?: { name: string }[]; content?: { text: string }[] };
  };
  const { tools: listed } = await inspect('--method', 'tools/list', '--strict');
  assert.ok(listed?.some(({ name }) => name === 'vault_reindex'));
  const read = await inspect('--method', 'tools/call', '--tool-name', 'vault_read', '--tool-arg', 'file_path=note.md');
  assert.match(read.content?.[0]?.text ?? '', /Something to read here/);
});

test('mcp-remote logs in, and goes on after a restart', { skip }, async (t) => {
  const { server, restart, folder } = await serveNotes(t, []);
  const transport = new StdioClientTransport({
    command: node22 ?? '',
    args: [tool('mcp-remote'), `${server.url}/mcp`, String(await freePort()), '--allow-http'],
    // Without a PATH it finds no browser to open, and prints the URL alone.
    env: { HOME: folder, PATH: '', MCP_REMOTE_CONFIG_DIR: join(folder, 'mcp-remote') },
    stderr: 'pipe',
  });
  let printed = '';
  const visited = new Promise<URL>((resolve) => {
    transport.stderr?.on('data', (chunk: Buffer) => {
      printed += chunk.toString('utf8');
      const found = /(http:\S+\/authorize\?\S+)/.exec(printed)?.[1];
      if (found !== undefined) resolve(new URL(found));
    });
  });
  const client = new Client({ name: 'story', version: '1' });
  const connected = client.connect(transport as never);
  t.after(() => client.close());
  const callback = await approve(await visited, pin);
  await (await fetch(callback)).text();
  await connected;
  const read = () => client.callTool({ name: 'vault_read', arguments: { file_path: 'note.md' } });
  assert.match(JSON.stringify(await read()), /Something to read here/);
  await restart();
  assert.match(JSON.stringify(await read()), /Something to read here/);
});

async function serveNotes(
  t: TestContext,
  args: string[],
): Promise<{ server: ServerProcess; folder: string; restart(): Promise<void> }> {
  const folder = await scratchFolder();
  t.after(folder.remove);
  const vault = join(folder.path, 'notes');
  await mkdir(vault);
  await writeFile(join(vault, 'note.md'), '# Note\n\nSomething to read here.\n');
  const state = args.includes('--no-auth') ? [] : ['--state-path', join(folder.path, 'state.json')];
  const options = { port: await freePort(), args: ['--vault-path', vault, ...state, ...args] };
  let server = await startServer(options);
  t.after(() => server.stop('SIGKILL'));
  return {
    server,
    folder: folder.path,
    restart: async () => {
      await server.stop('SIGTERM');
      server = await startServer(options);
    },
  };
}

function endWith(t: TestContext, child: ChildProcess): void {
  t.after(() => {
    if (child.exitCode === null) child.kill('SIGKILL');
  });
}

function printedUrl(child: ChildProcess, pattern: RegExp): Promise<URL> {
  return new Promise((resolve, reject) => {
    let printed = '';
    const read = (chunk: Buffer) => {
      printed += chunk.toString('utf8');
      const found = pattern.exec(printed)?.[1];
      if (found !== undefined) resolve(new URL(found));
    };
    child.stdout?.on('data', read);
    child.stderr?.on('data', read);
    child.once('exit', (code) => reject(new Error(`ended with ${code}:\n${printed}`)));
  });
}
