import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { isFull } from '../full.js';
import { logIn } from './log-in.js';
import { freePort, scratchFolder, startServer } from './server-process.js';

const run = promisify(execFile);
const root = fileURLToPath(new URL('../../..', import.meta.url));

interface Packed {
  readonly filename: string;
  readonly files: readonly { readonly path: string }[];
}

test('the package has the program, its manual and the configurations, and no tests', async () => {
  const { files } = await pack('--dry-run');
  const paths = files.map(({ path }) => path);
  for (const path of [
    'bin/vault-mcp.js',
    'dist/src/index.js',
    'dist/src/index.d.ts',
    'docs/proxies/nginx.conf',
    'models/word-vectors.bin',
    'models/NOTICE',
    'models/LICENSE-APACHE-2.0',
  ]) {
    assert.ok(paths.includes(path), path);
  }
  const allowed =
    /^(bin\/vault-mcp\.js|dist\/src\/.+\.(js|d\.ts)|docs\/.+|man\/.+\.\d|models\/(NOTICE|LICENSE-APACHE-2\.0|word-vectors\.bin)|[A-Z]+(\.md)?|package\.json)$/;
  assert.deepEqual(
    paths.filter((path) => !allowed.test(path)),
    [],
  );
});

const tools = process.env['TOOLS_PATH'];

test('publint and arethetypeswrong find nothing in the package', {
  skip: tools === undefined ? 'needs TOOLS_PATH, as in .ci/run' : false,
}, async (t) => {
  const folder = await scratchFolder();
  t.after(folder.remove);
  const { filename } = await pack('--pack-destination', folder.path);
  const packed = join(folder.path, filename);
  await run(join(tools ?? '', '.bin', 'publint'), ['run', '--strict', packed]);
  await run(join(tools ?? '', '.bin', 'attw'), ['--profile', 'esm-only', packed]);
});

const skip = isFull ? false : 'needs FULL=1: it installs from the registry';

test('the packed package installs and serves in an empty folder', { skip }, async (t) => {
  const folder = await scratchFolder();
  t.after(folder.remove);
  const { filename } = await pack('--pack-destination', folder.path);
  const home = join(folder.path, 'home');
  await mkdir(home);
  await writeFile(join(home, 'package.json'), '{"name": "home", "version": "0.0.0", "private": true}');
  await run('npm', ['install', '--omit=dev', '--no-audit', '--no-fund', join(folder.path, filename)], { cwd: home });

  const installed = join(home, 'node_modules', 'vault-mcp');
  const { man, version, dependencies } = JSON.parse(await readFile(join(installed, 'package.json'), 'utf8')) as {
    man: string[];
    version: string;
    dependencies: Record<string, string>;
  };
  for (const page of man) assert.ok((await stat(join(installed, page))).size > 0, page);
  const told = await run(join(home, 'node_modules', '.bin', 'vault-mcp'), ['--version']);
  assert.equal(told.stdout.trim(), version);

  await typeCheck(home);
  // In the repository `npm sbom --omit dev` leaves out what a development dependency needs, too.
  const sbom = await run('npm', ['sbom', '--sbom-format', 'cyclonedx'], { cwd: home, maxBuffer: 64 * 1024 * 1024 });
  const { components } = JSON.parse(sbom.stdout) as { components: { name: string }[] };
  for (const name of Object.keys(dependencies))
    assert.ok(
      components.some((part) => part.name === name),
      name,
    );
  const vault = join(folder.path, 'notes');
  await mkdir(vault);
  await writeFile(join(vault, 'harbour.md'), '# Harbour\n\nThe lighthouse keeper counts the ships.\n');
  const server = await startServer({
    port: await freePort(),
    args: ['--vault-path', vault, '--state-path', join(folder.path, 'state.json'), '--metrics', 'local'],
    program: join(installed, 'bin', 'vault-mcp.js'),
  });
  t.after(() => server.stop('SIGKILL'));
  const { accessToken } = await logIn(server.url);
  const until = Date.now() + 10_000;
  while ((await fetch(`${server.url}/healthz`)).status !== 200) assert.ok(Date.now() < until, server.output());
  const answer = await fetch(`${server.url}/mcp`, {
    method: 'POST',
    headers: { Authorization: `Bearer ${accessToken}`, 'Content-Type': 'application/json' },
    body: JSON.stringify({
      jsonrpc: '2.0',
      id: 1,
      method: 'tools/call',
      params: { name: 'vault_search', arguments: { query: 'barcos en el puerto' } },
    }),
  });
  assert.match(await answer.text(), /harbour\.md/);
  assert.equal(await server.stop('SIGTERM'), 0, server.output());
});

/** Packs what is built already: other tests run from it at the same time. */
async function pack(...args: string[]): Promise<Packed> {
  const { stdout } = await run('npm', ['pack', '--ignore-scripts', '--json', ...args], { cwd: root });
  const packed = JSON.parse(stdout) as Packed[] | Record<string, Packed>;
  const [first] = Object.values(packed);
  assert.ok(first !== undefined);
  return first;
}

/** Types of the entries, as somebody sees them who checks libraries too and has no more than Node's types. */
async function typeCheck(home: string): Promise<void> {
  const file = join(home, 'embedder.mts');
  await writeFile(
    file,
    `import { createServer } from 'node:http';
import { createVaultMcp } from 'vault-mcp';
import { createLogins, type Caller, type Logins } from 'vault-mcp/oauth';
const logins: Logins = await createLogins({ issuerUrl: 'http://localhost:3000', pin: 'a long secret' });
createServer((request, response) =>
  logins.routes(request, response, async () => {
    const caller: Caller | undefined = await logins.authenticate(request, response, 'mcp');
    if (caller !== undefined) response.end(caller.clientId);
  }),
);
void createVaultMcp;
`,
  );
  const tsc = join(root, 'node_modules', '.bin', 'tsc');
  const typeRoots = join(root, 'node_modules', '@types');
  const strict = ['--noEmit', '--strict', '--module', 'nodenext', '--target', 'es2023', '--lib', 'es2023'];
  await run(tsc, [...strict, '--skipLibCheck', 'false', '--types', 'node', '--typeRoots', typeRoots, file], {
    cwd: home,
  }).catch(({ stdout }: { stdout: string }) => assert.fail(stdout));
}
