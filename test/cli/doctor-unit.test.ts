import assert from 'node:assert/strict';
import { chmod, copyFile, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { Check } from '../../src/cli/doctor-check.js';
import { checkInstalledUnit, checkUnit } from '../../src/cli/doctor-unit.js';
import { readServeSettings } from '../../src/cli/serve-settings.js';
import { readUnit, writableFolders } from '../../src/cli/unit-file.js';
import { makeFolder, makeStateFile, runCommand } from './run-command.js';

async function makeUnit(t: TestContext, lines: (folder: string) => readonly string[], name = 'vault-mcp.service') {
  const folder = await makeFolder(t);
  await mkdir(join(folder, 'my notes'));
  await mkdir(join(folder, 'state'));
  await writeFile(join(folder, 'my notes', 'note.md'), '# A note\n');
  const path = join(folder, name);
  await writeFile(path, `[Service]\n${lines(folder).join('\n')}\n`);
  return { folder, path };
}

const program = `ExecStart="${process.execPath}" bin/vault-mcp.js serve --client-documents=off --port 0`;
const good = (folder: string) => [
  program,
  `Environment="VAULT_PATH=${folder}/my notes" OAUTH_STATE_PATH=${folder}/state/state.json`,
  'ProtectSystem=strict',
  `ReadWritePaths="${folder}/my notes" ${folder}/state`,
];

async function doctor(path: string): Promise<Map<string, Check>> {
  const { stdout, stderr } = await runCommand(['doctor', '--json', '--unit', path]);
  assert.equal(stderr, '');
  const { checks } = JSON.parse(stdout) as { checks: Check[] };
  return new Map(checks.map((check) => [check.name, check]));
}

test('a unit that fits is well, and its own settings are what is checked', async (t) => {
  const { folder, path } = await makeUnit(t, good);
  const checks = await doctor(path);
  assert.deepEqual(checks.get('unit')?.status, 'ok', JSON.stringify(checks.get('unit')));
  assert.match(checks.get('vault')?.message ?? '', /my notes: 1 note/);
  assert.equal(checks.get('state')?.message, `${folder}/state/state.json will be created`);
});

test('backups beside the state file of the unit are looked at', async (t) => {
  const { folder, path } = await makeUnit(t, good);
  const made = await makeStateFile(t);
  await copyFile(made.path, join(folder, 'state', 'state.json'));
  await chmod(join(folder, 'state', 'state.json'), 0o600);
  await writeFile(join(folder, 'state', 'state.json.bak'), '{}', { mode: 0o644 });
  const checks = await doctor(path);
  assert.equal(checks.get('copies')?.status, 'failed');
  assert.match(checks.get('copies')?.message ?? '', /state\.json\.bak is open to other users/);
});

test('what the sandbox keeps from the server, what is missing, and another port are told', async (t) => {
  const { folder, path } = await makeUnit(t, (at) => [
    `ExecStart=${at}/absent serve`,
    'Requires=vault-mcp.socket',
    `Environment=VAULT_PATH=/home/someone/notes OAUTH_STATE_PATH=${at}/state/state.json AUDIT_FILE=${at}/audit SERVER_PORT=8091`,
    `EnvironmentFile=${at}/env`,
    `EnvironmentFile=-${at}/may-be-absent`,
    `LoadCredential=pin:${at}/pin`,
    'Environment=OAUTH_PIN_FILE=%d/pin VAULT_SEARCH_CACHE=%C/vault-mcp/catalogue',
    'User=nobody-of-that-name',
    'ProtectSystem=strict',
    'ProtectHome=yes',
    'CacheDirectory=vault-mcp',
    `ReadWritePaths=${at}/state`,
  ]);
  await writeFile(join(folder, 'vault-mcp.socket'), '[Socket]\nListenStream=127.0.0.1:8099\n');
  const checks = await doctor(path);
  const message = checks.get('unit')?.message ?? '';
  for (const expected of [
    'User= names nobody-of-that-name, who does not exist',
    `ExecStart= names ${folder}/absent, which does not exist`,
    `LoadCredential= names ${folder}/pin, which does not exist`,
    `EnvironmentFile= names ${folder}/env, which does not exist`,
    'the vault /home/someone/notes is hidden from the service by ProtectHome=yes',
    `the audit file ${folder}/audit cannot be written: ReadWritePaths=, BindPaths= and StateDirectory= do not have it`,
    'its socket listens on 8099, so --port or SERVER_PORT 8091 has no effect',
  ]) {
    assert.ok(message.includes(expected), `${expected}\n${message}`);
  }
  assert.doesNotMatch(message, /the state file|the catalogue|may-be-absent/);
  assert.match(
    checks.get('pin')?.message ?? '',
    new RegExp(`${folder}/pin cannot be read`),
    'the source of the credential',
  );
});

test('a unit is read as systemd reads it: drop-ins, resets, lines that go on, quotes, specifiers, templates', async (t) => {
  const { folder, path } = await makeUnit(
    t,
    (at) => [
      '# Environment=VAULT_PATH=/comment',
      'Environment=VAULT_PATH=/first \\',
      '  LOG_FORMAT=json "OAUTH_PIN=a b" \'CF_ACCESS_TEAM=c d\'',
      `EnvironmentFile=${at}/env`,
      'ExecStart=/usr/bin/false',
      'ExecStart=',
      'ExecStart=-/usr/bin/true serve --no-watch --also-issuer http://a.example --also-issuer=http://b.example --port 9',
      'ReadWritePaths=/one -/two',
      'StateDirectory=vault-mcp/%i',
      'BindPaths=/src:/seen:rbind',
    ],
    'vault-mcp@.service',
  );
  await writeFile(join(folder, 'env'), 'VAULT_PATH="/from file" # no\n');
  const instance = path.replace('@', '@work');
  await mkdir(`${instance}.d`);
  await writeFile(join(`${instance}.d`, '10-own.conf'), '[Service]\nReadWritePaths=\nReadWritePaths=/three%%\n');
  const unit = await readUnit(instance);
  assert.deepEqual(unit.environment, {
    VAULT_PATH: '/from file',
    LOG_FORMAT: 'json',
    OAUTH_PIN: 'a b',
    CF_ACCESS_TEAM: 'c d',
  });
  assert.deepEqual(unit.typed, { watch: false, alsoIssuer: 'http://a.example,http://b.example', port: '9' });
  assert.deepEqual(writableFolders(unit), ['/three%', '/seen', '/var/lib/vault-mcp/work']);
});

test("what a drop-in says last holds: the user, the folder, the port of the socket, for an instance the template's, too", async (t) => {
  const { folder, path } = await makeUnit(
    t,
    (at) => [
      '[Unit]',
      'Requires=vault-mcp@%i.socket',
      '[Service]',
      'User=first',
      'WorkingDirectory=/first',
      '  DynamicUser=true',
      `LoadCredential=pin:${at}/pin`,
      'Environment=PORT=8093 "MORE=--no-watch --read-only"',
      `ExecStart=vault-mcp serve --port \${PORT} --pin-file %d/pin $MORE`,
    ],
    'vault-mcp@.service',
  );
  await mkdir(`${path}.d`);
  await writeFile(join(`${path}.d`, 'user.conf'), '[Service]\nUser=second\nWorkingDirectory=/second\n');
  const socket = join(folder, 'vault-mcp@.socket');
  await writeFile(socket, '[Socket]\nListenStream=127.0.0.1:8091\n');
  await mkdir(`${socket}.d`);
  await writeFile(join(`${socket}.d`, 'port.conf'), '[Socket]\nListenStream=\nListenStream=8092\n');
  const unit = await readUnit(path.replace('@', '@work'));
  assert.deepEqual([unit.user, unit.folder, unit.socketPort], ['second', '/second', '8092']);
  assert.deepEqual(unit.typed, { port: '8093', pinFile: join(folder, 'pin'), watch: false, readOnly: true });
  const check = await checkUnit(unit, readServeSettings(unit.typed, { VAULT_PATH: folder }, '/'));
  assert.doesNotMatch(check.message, /ExecStart=|User=/, 'systemd finds a program by its name, and makes the user');
});

test('a drop-in that cannot be read is told', async (t) => {
  const { path } = await makeUnit(t, good);
  await mkdir(join(`${path}.d`, 'a-folder.conf'), { recursive: true });
  const { code, stderr } = await runCommand(['doctor', '--unit', path]);
  assert.equal(code, 2);
  assert.match(stderr, /a-folder\.conf cannot be read/);
});

test('an installed unit is compared when it is for the same server, else left alone', async (t) => {
  const { folder, path } = await makeUnit(t, good);
  const read = (statePath: string) =>
    readServeSettings({ vaultPath: join(folder, 'my notes'), statePath, port: '0' }, {}, '/');
  assert.equal((await checkInstalledUnit(read(`${folder}/state/state.json`), path)).status, 'ok');
  const other = await checkInstalledUnit(read('/elsewhere.json'), path);
  assert.equal(other.status, 'skipped');
  assert.match(other.message, /my notes with its state in .*state\.json, not this: --unit checks/);
  assert.equal((await checkInstalledUnit(read('/elsewhere.json'), join(folder, 'absent'))).status, 'skipped');
});
