import assert from 'node:assert/strict';
import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import type { Check } from '../../src/cli/doctor-check.js';
import { checkNode, checkPin, checkState, checkVault } from '../../src/cli/doctor-local.js';
import { checkClock, checkEmbeddings, checkIssuer, type Fetched } from '../../src/cli/doctor-network.js';
import { checkCopies, checkFileClock } from '../../src/cli/doctor-state.js';
import type { TypedOptions } from '../../src/cli/serve-options.js';
import { readServeSettings } from '../../src/cli/serve-settings.js';
import { startEmbeddingsServer } from '../notes/search/embeddings-server.js';
import { makeFolder, makeStateFile, runCommand } from './run-command.js';
import { startServer } from './server-process.js';

const settingsOf = (typed: TypedOptions, folder = '/') => readServeSettings(typed, {}, folder);
const isRoot = process.getuid?.() === 0;

test('against a running server all is well', async (t) => {
  const server = await startServer(t);
  const { port } = new URL(server.url);
  const args = ['doctor', '--json', '--port', port, '--state-path', 'state.json', '--vault-path', 'vault'];
  await writeFile(join(server.folder, 'vault', 'note.md'), '# A note\n');
  const { code, stdout, stderr } = await runCommand(args, { cwd: server.folder });
  assert.deepEqual([code, stderr], [0, '']);
  const { checks, ...rest } = JSON.parse(stdout) as { checks: Check[] };
  assert.deepEqual(rest, { json_version: 1, ok: true });
  assert.deepEqual(
    checks.map(({ name, status }) => `${name} ${status}`),
    [
      'node ok',
      'variables ok',
      'vault ok',
      'state ok',
      'copies ok',
      'pin ok',
      'port ok',
      'hosts ok',
      'issuer ok',
      'unit skipped',
      'grants skipped',
      'clock skipped',
      'access skipped',
      'outbound skipped',
      'embeddings skipped',
    ],
  );
  assert.ok(checks.every((check) => check.hint === null));
});

test('what is wrong is told with a hint, and the exit code is 1', async (t) => {
  const other = createServer((_request, response) => response.end('hello'));
  await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
  t.after(() => other.close());
  const folder = await makeFolder(t);
  const port = String((other.address() as AddressInfo).port);
  const args = ['doctor', '--port', port, '--vault-path', 'absent'];
  const { code, stdout } = await runCommand(args, { cwd: folder });
  assert.equal(code, 1);
  assert.match(stdout, /^failed {3}vault {7}there is no folder .*\n {21}hint: create it/m);
  assert.match(stdout, /^failed {3}port {8}.* is taken by another program\n {21}hint: /m);
  assert.match(stdout, /^failed {3}issuer {6}.* answers 200, without metadata\n {21}hint: /m);
  assert.match(stdout, /^3 checks failed and 1 warning\n$/m);
});

test('what is wrong comes first, and the environment file is judged too', async (t) => {
  const { folder, path } = await makeStateFile(t);
  await mkdir(join(folder, 'notes'));
  await writeFile(join(folder, 'notes', 'a.md'), '# A\n');
  const env = `# settings
VAULT_PATH="${folder}/notes" # mine
OAUTH_STATE_PATH='${path}'
OAUTH_PINN=x
SERVER_PORT=0
`;
  await writeFile(join(folder, 'env'), env);
  for (const own of ['pin', 'catalogue', 'catalogue-wal', 'catalogue.owner'])
    await writeFile(`${path}.${own}`, '', { mode: 0o644 });
  await writeFile(`${path}.bak`, '{}', { mode: 0o644 });
  const { code, stdout } = await runCommand(['doctor', '--json', '--env-file', 'env'], { cwd: folder });
  assert.equal(code, 1);
  const checks = (JSON.parse(stdout) as { checks: Check[] }).checks;
  assert.deepEqual(
    checks
      .filter(({ status }) => status !== 'ok' && status !== 'skipped')
      .map(({ name, status }) => `${name} ${status}`),
    ['copies failed', 'variables warning', 'grants warning'],
  );
  assert.deepEqual(
    checks.slice(3).filter(({ status }) => status === 'failed' || status === 'warning'),
    [],
  );
  const found = (name: string) => checks.find((check) => check.name === name)?.message ?? '';
  assert.match(found('copies'), /state\.json\.bak is open to other users$/);
  assert.match(found('variables'), /^OAUTH_PINN is not a setting: .*OAUTH_PIN\?; env, line 2: systemd and docker read/);
  assert.match(found('grants'), /^1 of 2 grants is for another URL: "https:\/\/vault\.example\.com\/mcp"$/);
});

test('copies that were set aside, a clock behind the file', () => {
  const facts = { path: '/s/state.json', grants: [], newest: 0, copies: [] };
  assert.match(checkCopies(facts).message, /^none in \/s; you can make a backup with cp -p/);
  const aside = { ...facts, copies: [{ name: 'state.json.corrupt-1', mode: 0o600 }] };
  assert.deepEqual([checkCopies(aside).status, checkCopies(aside).message.includes('corrupt-1')], ['warning', true]);
  const now = 2_000_000_000;
  assert.equal(checkFileClock({ ...facts, newest: now + 3_600 }, now * 1_000), undefined);
  assert.match(checkFileClock({ ...facts, newest: now + 30 * 86_400 }, now * 1_000)?.message ?? '', /^30 days behind/);
});

test('--user: the checks are those of that user, who is named', { skip: isRoot ? false : 'needs root' }, async (t) => {
  const folder = await makeFolder(t);
  await mkdir(join(folder, 'notes'));
  await chmod(folder, 0o755);
  await writeFile(join(folder, 'notes', 'a.md'), '# A\n');
  await writeFile(join(folder, 'pin'), 'a-long-enough-pin', { mode: 0o600 });
  const args = ['doctor', '--json', '--vault-path', 'notes', '--pin-file', 'pin', '--state-path', 'state.json'];
  const run = async (user: string) => await runCommand([...args, '--port', '0', '--user', user], { cwd: folder });
  const { stdout } = await run('nobody');
  const checks = (JSON.parse(stdout) as { checks: Check[] }).checks;
  const found = (name: string) => checks.find((check) => check.name === name);
  assert.match(found('vault')?.message ?? '', /notes cannot be written by nobody$/);
  assert.match(found('state')?.message ?? '', /cannot be written by nobody$/);
  assert.equal(found('pin')?.status, 'ok');
  const unknown = await run('no-such-user-here');
  assert.equal(unknown.code, 2);
  assert.match(unknown.stderr, /^vault-mcp: error: --user: "no-such-user-here" cannot be used/);
});

test('the state file: missing, open to others, damaged or inside the vault', async (t) => {
  const { folder, path } = await makeStateFile(t);
  const check = (typed: TypedOptions) => checkState(settingsOf({ vaultPath: join(folder, 'vault'), ...typed }));
  assert.equal((await check({ statePath: path })).status, 'ok');
  assert.equal((await check({ statePath: join(folder, 'absent', 'state.json') })).status, 'ok');
  assert.equal((await check({})).status, 'warning');
  assert.match((await check({ statePath: join(folder, 'vault', 'state.json') })).message, /inside the vault/);
  await chmod(path, 0o640);
  assert.equal((await check({ statePath: path })).hint, `chmod 600 ${path}`);
  await chmod(path, 0o600);
  const version1 = { version: 1, clients: {}, access_tokens: {}, refresh_tokens: {} };
  await writeFile(path, JSON.stringify(version1));
  const older = await check({ statePath: path });
  assert.deepEqual([older.status, /version 1 will be imported/.test(older.message)], ['ok', true]);
  await writeFile(path, '{');
  assert.deepEqual((await check({ statePath: path })).status, 'failed');
});

test('a folder that cannot be written is told of', { skip: isRoot ? 'root writes everywhere' : false }, async (t) => {
  const { folder, path } = await makeStateFile(t);
  await chmod(folder, 0o500);
  const check = await checkState(settingsOf({ statePath: path }));
  await chmod(folder, 0o700);
  assert.match(check.message, /cannot be written/);
});

test('the vault: empty, a file, or there', async (t) => {
  const folder = await makeFolder(t);
  await mkdir(join(folder, 'empty'));
  await writeFile(join(folder, 'note.md'), '# A note\n');
  const check = (vaultPath: string) => checkVault(settingsOf({ vaultPath }));
  assert.deepEqual(await check(folder), { name: 'vault', status: 'ok', message: `${folder}: 1 note` });
  assert.equal((await check(join(folder, 'empty'))).status, 'warning');
  assert.equal((await check(join(folder, 'note.md'))).status, 'failed');
  assert.equal(
    (await checkVault(settingsOf({}, folder))).message,
    `${folder}/vault will be created, with a welcome note`,
  );
});

test('the PIN: its length, and who can read its file', async (t) => {
  const folder = await makeFolder(t);
  const pinFile = join(folder, 'pin');
  const check = async (pin: string, mode: number) => {
    await writeFile(pinFile, pin);
    await chmod(pinFile, mode);
    return (await checkPin(settingsOf({ pinFile }))).status;
  };
  assert.equal(await check('a-long-enough-pin', 0o600), 'ok');
  assert.equal(await check('1234', 0o600), 'warning');
  assert.equal(await check('a-long-enough-pin', 0o644), 'warning');
  assert.equal((await checkPin(settingsOf({ pinFile: join(folder, 'absent') }))).status, 'failed');
});

test('Node has to be as package.json says', () => {
  assert.deepEqual(
    ['20.18.9', '20.19.0', '22.0.0', '18.20.0'].map((version) => checkNode(version).status),
    ['failed', 'ok', 'ok', 'failed'],
  );
});

const publicUrl = 'https://vault.example.com';

function answered(status: number, json?: Record<string, unknown>, headers: Record<string, string> = {}): Fetched {
  return { answer: { status, headers: new Headers(headers), json } };
}

test('a public URL that does not lead to this server is told apart', async () => {
  const wrong: [Fetched, RegExp][] = [
    [{ fault: 'ENOTFOUND' }, /cannot be reached: ENOTFOUND/],
    [answered(421), /does not accept this host/],
    [answered(502), /answers 502/],
    [answered(302, undefined, { location: 'https://team.cloudflareaccess.com/cdn-cgi' }), /Cloudflare Access asks/],
    [answered(404), /without metadata/],
    [answered(200, { issuer: 'http://127.0.0.1:8091' }), /says that it is http:\/\/127/],
  ];
  for (const [fetched, message] of wrong) {
    const check = await checkIssuer(publicUrl, settingsOf({ issuerUrl: publicUrl }), fetched);
    assert.equal(check.status, 'failed');
    assert.match(check.message, message);
    assert.ok(check.hint);
  }
});

test('a clock that is off is told from the Date of the public URL', () => {
  const date = 'Tue, 24 Nov 2026 05:00:00 GMT';
  const at = (seconds: number) =>
    checkClock(publicUrl, answered(200, {}, { date }), Date.parse(date) + seconds * 1_000);
  assert.equal(at(30).status, 'ok');
  assert.equal(at(-90).message, `90 s behind ${publicUrl}`);
  assert.equal(at(3_600).status, 'failed');
  assert.equal(checkClock(publicUrl, { fault: 'x' }, 0).status, 'skipped');
});

test('the embeddings endpoint: tried with its key, and its silence is a warning', async (t) => {
  const server = await startEmbeddingsServer(t);
  const typed = { embeddingsUrl: `${server.url}/api/embed`, embeddingModel: 'concepts' };
  const settings = readServeSettings(typed, { VAULT_EMBEDDINGS_API_KEY: 'a-key' }, '/');
  const good = await checkEmbeddings(settings);
  assert.deepEqual([good.status, good.message.endsWith('gives vectors of 5 numbers')], ['ok', true]);
  assert.equal(server.requests[0]?.headers.authorization, 'Bearer a-key');
  server.respond = (_request, response) => response.writeHead(401).end('no');
  const refused = await checkEmbeddings(settings);
  assert.equal(refused.status, 'warning');
  assert.match(refused.message, /status 401/);
  assert.match(refused.hint ?? '', /VAULT_EMBEDDINGS_API_KEY/);
  const keyed = readServeSettings({ ...typed, embeddingsUrl: `${typed.embeddingsUrl}?key=hidden` }, {}, '/');
  assert.doesNotMatch(JSON.stringify(await checkEmbeddings(keyed)), /hidden/);
  await server.stop();
  assert.equal((await checkEmbeddings(settings)).status, 'warning');
});

test('nothing that doctor was told reaches the terminal raw', async (t) => {
  const nasty = '\u001b[2J\u202eevil\u0007\r\nok       issuer';
  const other = createServer((_request, response) => response.end(JSON.stringify({ issuer: nasty })));
  await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
  t.after(() => other.close());
  const folder = await makeFolder(t);
  const port = String((other.address() as AddressInfo).port);
  for (const more of [[], ['--json']]) {
    const { stdout } = await runCommand(['doctor', '--port', port, ...more], { cwd: folder });
    assert.match(stdout, /says that it is .*evil/);
    assert.ok(
      [...stdout].every((character) => character === '\n' || !/[\p{Cc}\p{Cf}]/u.test(character)),
      stdout,
    );
    assert.doesNotMatch(stdout, /^ok {7}issuer/m);
  }
});
