import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { chmod, chown, copyFile, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import process from 'node:process';
import { test } from 'node:test';
import { bin, makeStateFile, runCommand } from './run-command.js';
import { claudeGrant, claudeId, editorGrant, editorId } from './state-fixture.js';

test('check: exit 0 for a sound file, else what serve would do and how to repair it', async (t) => {
  const file = await makeStateFile(t);
  const check = (...args: string[]) => runCommand(['state', 'check', ...args], { env: file.env });
  const good = await check();
  assert.deepEqual([good.code, good.stderr], [0, '']);
  assert.match(good.stdout, /is sound: 3 clients, 2 grants, 2 access tokens and 3 refresh tokens\n$/);
  const sound = await readFile(file.path, 'utf8');
  await copyFile(file.path, `${file.path}.backup`);
  await writeFile(`${file.path}.bad`, '{');
  const partly = JSON.parse(sound);
  partly.clients[editorId] = { client_id: 'another' };
  const cases: [content: string, found: string, serve: RegExp][] = [
    [sound.slice(0, 500), 'corrupt', /starts empty: every client has to log in again/],
    ['', 'corrupt', /starts empty/],
    ['{"version": 99}', 'newer', /does not start/],
    ['{"name": "package"}', 'other', /does not start/],
    [JSON.stringify(partly), 'partly', /uses the records that are sound/],
  ];
  for (const [content, found, serve] of cases) {
    await writeFile(file.path, content);
    const told = await check();
    assert.deepEqual([told.code, told.stdout], [3, ''], found);
    assert.match(told.stderr, serve);
    assert.ok(told.stderr.includes(`cp -p ${file.path}.backup ${file.path}`), told.stderr);
    const json = JSON.parse((await check('--json')).stdout);
    assert.deepEqual([json.found, json.sound, json.copies], [found, false, [`${file.path}.backup`]]);
    assert.equal(await readFile(file.path, 'utf8'), content);
  }
  await writeFile(file.path, '{"version": 1, "clients": {}, "access_tokens": {}, "refresh_tokens": {}}');
  const older = await check();
  assert.deepEqual([older.code, /serve imports it/.test(older.stdout)], [0, true]);
  await writeFile(file.path, '{');
  const inspected = await runCommand(['state', 'inspect'], { env: file.env });
  assert.match(inspected.stderr, /hint: vault-mcp state check says what serve would do, and how to repair the file/);
});

test('check counts the tokens of a version 1 file that never expire: serve imports them', async (t) => {
  const { path } = await makeStateFile(t);
  const client = { client_id: 'c', redirect_uris: ['https://app.example/cb'], client_id_issued_at: 1_700_000_000 };
  const refresh_tokens = { plain: { token: 'plain', client_id: 'c', scopes: [], expires_at: null } };
  await writeFile(path, JSON.stringify({ version: 1, clients: { c: client }, access_tokens: {}, refresh_tokens }));
  const { code, stdout } = await runCommand(['state', 'check', '--state-path', path]);
  assert.deepEqual([code, /1 client, 1 grant, 0 access tokens and 1 refresh token\n/.test(stdout)], [0, true], stdout);
});

test('check says that serve refuses a file in a folder where everybody may replace it, and how to mend that', async (t) => {
  const { folder, path } = await makeStateFile(t);
  await chmod(folder, 0o777);
  const checked = await runCommand(['state', 'check', '--state-path', path]);
  assert.equal(checked.code, 3, checked.stdout);
  assert.match(checked.stderr, /everybody may replace files.*\n.*does not start, and changes nothing\n.*chmod o-w/);
  assert.doesNotMatch(checked.stderr, /to repair it/);
  const doctor = await runCommand(['doctor', '--state-path', path, '--json']);
  const { checks } = JSON.parse(doctor.stdout) as { checks: { name: string; status: string }[] };
  assert.equal(checks.find(({ name }) => name === 'state')?.status, 'failed');
  await rm(path);
  const absent = await runCommand(['doctor', '--state-path', path]);
  assert.match(absent.stdout, /failed +state +everybody may replace files/, 'one that is yet to be made');
});

const asRoot = { skip: process.geteuid?.() === 0 ? false : 'needs root' };

test('root imports a backup of one user into the state file of another', asRoot, async (t) => {
  const backup = await makeStateFile(t);
  const target = await makeStateFile(t);
  await writeFile(target.path, '{"version":2}');
  for (const [{ folder, path }, uid] of [
    [backup, 4_001],
    [target, 4_002],
  ] as const) {
    await chown(folder, uid, uid);
    await chown(path, uid, uid);
  }
  for (const dryRun of [['--dry-run'], []]) {
    const done = await runCommand(['state', 'import', backup.path, '--state-path', target.path, ...dryRun]);
    assert.equal(done.code, 0, done.stderr);
    assert.match(done.stdout, /3 clients, 2 grants/);
  }
  assert.equal((await stat(target.path)).uid, 4_002);
});

test('what a state file holds moves no cursor', async (t) => {
  const { path, now } = await makeStateFile(t);
  const state = JSON.parse(await readFile(path, 'utf8'));
  const past = { created_at: now - 9_000, last_used_at: now - 9_000 };
  const ids = ['https://a.example/\u001b[2J1', 'https://a.example/\u001b[2J2'];
  for (const id of ids) {
    state.grants[`of ${id}`] = { ...state.grants[claudeGrant], ...past, client_id: id };
    state.clients[id] = { ...state.clients[claudeId], client_id: id };
  }
  await writeFile(path, JSON.stringify(state));
  for (const args of [
    ['prune-expired', '--dry-run'],
    ['revoke', '--client', 'https://a.ex'],
  ]) {
    const { stdout, stderr } = await runCommand(['state', ...args, '--state-path', path]);
    assert.match(stdout + stderr, /a\.example/);
    assert.ok(!(stdout + stderr).includes('\u001b'));
  }
});

test('export and import move everything, or one client, and bring no revoked login back', async (t) => {
  const file = await makeStateFile(t);
  const run = (args: string[], path = file.path) => runCommand(['state', ...args, '--state-path', path]);
  const whole = await run(['export']);
  assert.deepEqual([whole.code, whole.stderr], [0, '']);
  assert.deepEqual(JSON.parse(whole.stdout), await file.read());
  const one = JSON.parse((await run(['export', '--client', '3f9a1c'])).stdout);
  assert.deepEqual([Object.keys(one.clients), Object.keys(one.grants)], [[claudeId], [claudeGrant]]);
  assert.deepEqual([Object.keys(one.access_tokens).length, Object.keys(one.refresh_tokens).length], [2, 2]);
  assert.equal((await run(['export', '--client', 'unknown'])).code, 1);

  const backup = join(file.folder, 'backup.json');
  await writeFile(backup, whole.stdout, { mode: 0o600 });
  const other = await makeStateFile(
    t,
    '{"version": 2, "clients": {}, "grants": {}, "access_tokens": {}, "refresh_tokens": {}}',
  );
  const dry = await run(['import', backup, '--client', editorId, '--dry-run'], other.path);
  assert.deepEqual([dry.code, dry.stdout], [0, 'would add 1 client, 1 grant and 1 refresh token\n']);
  assert.deepEqual((await other.read()).clients, {});
  await run(['import', backup, '--client', editorId], other.path);
  assert.deepEqual(Object.keys((await other.read()).grants), [editorGrant]);
  const rest = await run(['import', backup], other.path);
  assert.equal(rest.stdout, 'added 2 clients, 1 grant, 2 access tokens and 2 refresh tokens\n');
  assert.deepEqual(await other.read(), await file.read());
  assert.equal((await run(['import', backup], other.path)).stdout, 'added nothing\n');

  for (const revoke of [
    ['--client', claudeId],
    ['--grant', claudeGrant],
    ['--all', '--yes'],
  ]) {
    await copyFile(backup, file.path);
    await chmod(file.path, 0o600);
    await run(['revoke', ...revoke]);
    const after = await file.read();
    const again = JSON.parse((await run(['import', backup, '--json'])).stdout);
    assert.ok(again.ended.includes(claudeGrant), revoke.join(' '));
    assert.equal(again.added.refresh_tokens, 0);
    assert.deepEqual(await file.read(), after);
  }
  assert.equal((await run(['import', join(file.folder, 'absent.json')])).code, 3);
});

test('an export into a file that others can read is told of', async (t) => {
  const file = await makeStateFile(t);
  const shell = (umask: string) =>
    spawnSync('sh', ['-c', `umask ${umask}; "$0" "$1" state export > out-${umask}.json`, process.execPath, bin], {
      cwd: file.folder,
      env: { PATH: process.env['PATH'] ?? '', ...file.env },
      encoding: 'utf8',
    });
  assert.match(shell('022').stderr, /run chmod 600/);
  assert.equal(shell('077').stderr, '');
});

test('status is one line and an exit code', async (t) => {
  const file = await makeStateFile(t);
  let answer = { code: 200, body: { status: 'ok' } as object };
  const server = createServer((_request, response) => response.writeHead(answer.code).end(JSON.stringify(answer.body)));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => server.close());
  const port = String((server.address() as AddressInfo).port);
  const status = () => runCommand(['status', '--port', port], { env: file.env });
  const well = await status();
  assert.equal(well.code, 0);
  assert.match(
    well.stdout,
    /^ok: the server at http:\/\/127\.0\.0\.1:\d+ answers; 2 logins, used 3 minutes ago, saved .*\n$/,
  );
  answer = { code: 503, body: { status: 'degraded', reasons: ['the state is not saved'] } };
  const degraded = await status();
  assert.deepEqual([degraded.code, /^not ok: .* degraded: the state is not saved; /.test(degraded.stdout)], [1, true]);
  answer = { code: 200, body: { status: '\u001b[2Jok', reasons: ['a\u001b]0;x\u0007\nb'] } };
  const foreign = await status();
  assert.doesNotMatch(foreign.stdout.trimEnd(), /\p{Cc}/u, 'another program may answer there');
  answer = { code: 200, body: { status: 'ok' } };
  const unusable = { OAUTH_PIN: ' ', OAUTH_ISSUER_URL: 'http://notes.example.org', CF_ACCESS_TEAM: 'x' };
  const other = await runCommand(['status', '--port', port], { env: { ...file.env, ...unusable } });
  assert.equal(other.code, 0, 'a running server is well whatever else is set');
  await writeFile(file.path, '{');
  assert.equal((await status()).code, 3);
  server.close();
  server.closeAllConnections();
  const gone = await runCommand(['status', '--port', port]);
  assert.deepEqual([gone.code, gone.stdout], [1, `not ok: no server answers at http://127.0.0.1:${port}\n`]);
});
