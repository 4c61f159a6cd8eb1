import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { parseEnvFile } from '../../src/cli/env-file.js';
import { reportOf } from '../../src/cli/init-report.js';
import { unitTexts } from '../../src/cli/init-units.js';
import { freePort, startServer } from '../e2e/server-process.js';
import { makeFolder, runCommand } from './run-command.js';
import { typeSession } from './typed-session.js';

const run = promisify(execFile);
const has = (program: string) =>
  run(program, ['--version']).then(
    () => true,
    () => false,
  );

test('with --yes it makes folders and private files, prints the lines, and a second time changes nothing', async (t) => {
  const home = await makeFolder(t);
  const first = await init(home, ['--yes', '--issuer-url', 'https://notes.example.org', '--proxy', 'nginx']);
  assert.equal(first.code, 0, first.stderr);
  assert.deepEqual(await modesBelow(home), {
    '.vault-mcp': '700',
    '.vault-mcp/env': '600',
    '.vault-mcp/pin': '600',
    notes: '755',
    'notes/welcome.md': '644',
  });
  for (const path of ['notes', '.vault-mcp', '.vault-mcp/pin', '.vault-mcp/env']) {
    assert.ok(first.stderr.includes(`will create ${join(home, path)}`), path);
  }
  for (const line of [
    ` serve --env-file ${home}/.vault-mcp/env\n`,
    'claude mcp add --transport http vault https://notes.example.org/mcp',
    'Add custom connector: https://notes.example.org/mcp',
    `code --add-mcp '{"name":"vault","type":"http","url":"https://notes.example.org/mcp"}'`,
    '{"mcpServers":{"vault":{"url":"https://notes.example.org/mcp"}}}',
    'server_name notes.example.org;',
    `state prune-expired --quiet --state-path ${home}/.vault-mcp/state.json`,
  ]) {
    assert.ok(first.stdout.includes(line), line);
  }
  const pin = await readFile(join(home, '.vault-mcp/pin'), 'utf8');
  assert.ok(!(first.stdout + first.stderr).includes(pin.trim()), 'the PIN is in its file alone');

  const before = await timesBelow(home);
  const second = await init(home, ['--yes', '--issuer-url', 'https://notes.example.org', '--proxy', 'nginx']);
  assert.equal(second.code, 0, second.stderr);
  assert.equal(second.stdout, first.stdout);
  assert.doesNotMatch(second.stderr, /will/);
  assert.deepEqual(await timesBelow(home), before);
});

test('a server starts with the settings that it wrote, and doctor finds nothing wrong', async (t) => {
  const home = await makeFolder(t);
  const port = await freePort();
  const made = await init(home, [
    '--yes',
    '--local',
    '--port',
    String(port),
    '--vault-path',
    join(home, 'My "notes" #1'),
  ]);
  assert.equal(made.code, 0, made.stderr);
  const settings = join(home, '.vault-mcp/env');
  assert.deepEqual(parseEnvFile(await readFile(settings, 'utf8')), {
    variables: {
      VAULT_PATH: join(home, 'My "notes" #1'),
      SERVER_PORT: String(port),
      OAUTH_STATE_PATH: join(home, '.vault-mcp/state.json'),
      OAUTH_PIN_FILE: join(home, '.vault-mcp/pin'),
    },
    remarks: [],
  });
  const doctor = await runCommand(['doctor', '--env-file', settings], { env: { HOME: home } });
  assert.equal(doctor.code, 0, doctor.stdout);
  const server = await startServer({ port, args: ['--env-file', settings], env: { HOME: home, OAUTH_PIN: '' } });
  t.after(() => server.stop('SIGKILL'));
  assert.equal((await fetch(`${server.url}/.well-known/oauth-authorization-server`)).status, 200);
  assert.equal(await server.stop('SIGTERM'), 0, server.output());
});

test('without a terminal and without --yes it changes nothing and names the flags', async (t) => {
  const home = await makeFolder(t);
  const { code, stderr, stdout } = await init(home, []);
  assert.equal(code, 2);
  assert.equal(stdout, '');
  for (const flag of ['--vault-path', '--issuer-url', '--local', '--state-path', '--pin-file', '--units', '--yes']) {
    assert.ok(stderr.includes(flag), flag);
  }
  assert.deepEqual(await readdir(home), []);
});

test('--dry-run, and answers that cannot be used, change nothing', async (t) => {
  const home = await makeFolder(t);
  const dry = await init(home, ['--dry-run']);
  assert.equal(dry.code, 0, dry.stderr);
  assert.match(dry.stderr, /will create .*notes/);
  const vault = join(home, 'notes');
  for (const args of [
    ['--issuer-url', 'notes.example.org'],
    ['--issuer-url', 'http://notes.example.org'],
    ['--issuer-url', 'https://notes.example.org', '--local'],
    ['--port', '99999'],
    ['--port', '0'],
    ['--vault-path', vault, '--state-path', join(vault, 'state.json')],
    ['--vault-path', vault, '--pin-file', join(vault, 'pin')],
    ['--vault-path', `${home}/a\nb`],
    ['--units', join(home, 'units'), '--state-path', join(home, 'state.json')],
    ['--proxy', 'apache'],
    ['--pin-file', '/dev/null'],
  ]) {
    const { code, stderr } = await init(home, ['--yes', ...args]);
    assert.equal(code, 2, `${args.join(' ')}: ${stderr}`);
    assert.match(stderr, /hint:/, args.join(' '));
  }
  assert.deepEqual(await readdir(home), []);
});

test('settings that say something else are replaced with --overwrite alone, and a PIN never', async (t) => {
  const home = await makeFolder(t);
  await mkdir(join(home, '.vault-mcp'));
  const settings = join(home, '.vault-mcp/env');
  await writeFile(settings, 'VAULT_PATH=/srv/mine\n');
  await writeFile(join(home, '.vault-mcp/pin'), 'my own pin\n');
  const refused = await init(home, ['--yes']);
  assert.equal(refused.code, 2);
  assert.match(refused.stderr, /env exists already.*\n.*--overwrite/s);
  assert.deepEqual(await readdir(home), ['.vault-mcp'], 'nothing else was made either');
  assert.equal(await readFile(settings, 'utf8'), 'VAULT_PATH=/srv/mine\n');
  const replaced = await init(home, ['--yes', '--overwrite']);
  assert.equal(replaced.code, 0, replaced.stderr);
  assert.match(replaced.stderr, /will replace .*env/);
  assert.match(await readFile(settings, 'utf8'), /notes/);
  assert.equal(await readFile(join(home, '.vault-mcp/pin'), 'utf8'), 'my own pin\n');
});

test('the units are those of the package, with the paths of this server', async (t) => {
  const home = await makeFolder(t);
  const units = join(home, 'units');
  const place = ['--settings', join(home, 'etc/env'), '--pin-file', join(home, 'etc/pin'), '--port', '9000'];
  const { code, stderr, stdout } = await init(home, [
    ...['--yes', '--units', units, '--vault-path', join(home, '100% notes'), ...place],
  ]);
  assert.equal(code, 0, stderr);
  const service = await readFile(join(units, 'vault-mcp.service'), 'utf8');
  assert.ok(service.includes(`\nReadWritePaths="${home}/100%% notes"\n`), service);
  assert.ok(service.includes(`\nEnvironmentFile=${home}/etc/env\n`));
  assert.ok(service.includes(`\nLoadCredential=pin:${home}/etc/pin\n`));
  assert.match(await readFile(join(units, 'vault-mcp.socket'), 'utf8'), /^ListenStream=127\.0\.0\.1:9000$/m);
  assert.deepEqual((await readdir(units)).sort(), [
    'vault-mcp-prune.service',
    'vault-mcp-prune.timer',
    'vault-mcp.service',
    'vault-mcp.socket',
  ]);
  assert.ok(stdout.includes(` doctor --unit ${units}/vault-mcp.service\n`), stdout);
  const doctor = await runCommand(['doctor', '--json', '--unit', join(units, 'vault-mcp.service')]);
  const { checks } = JSON.parse(doctor.stdout) as { checks: { name: string; message: string }[] };
  const told = (name: string) => checks.find((check) => check.name === name)?.message ?? '';
  assert.doesNotMatch(told('unit'), /notes|state|pin|env|9000/, 'the unit fits the settings that were written with it');
  assert.match(told('vault'), /100% notes/);
  assert.match(told('pin'), /characters/);
  assert.match(stdout, /systemctl enable --now vault-mcp\.socket/);
  assert.doesNotMatch(await readFile(join(home, 'etc/env'), 'utf8'), /PIN|STATE|PORT/);
  if (await has('systemd-analyze')) {
    const verified = await run('systemd-analyze', ['verify', '--man=no', join(units, 'vault-mcp.service')]).catch(
      (error: { stderr: string }) => error,
    );
    assert.doesNotMatch(verified.stderr, /vault-mcp/);
  }
});

test('a vault below /home is bound into the home folder that the service sees', async () => {
  const answers = {
    vaultPath: '/home/me/notes',
    issuerUrl: undefined,
    port: 8091,
    statePath: undefined,
    pinFile: '/etc/vault-mcp/pin',
    settingsFile: '/etc/vault-mcp/env',
    units: '-',
    proxy: 'none',
  } as const;
  const service = new Map(await unitTexts(answers)).get('vault-mcp.service') ?? '';
  assert.match(service, /^BindPaths=\/home\/me\/notes$/m);
  assert.match(service, /^ProtectHome=tmpfs$/m);
  assert.doesNotMatch(service, /^(ReadWritePaths=|ProtectHome=yes)/m);
  assert.match(await reportOf(answers), /\/etc\/systemd\/system\/vault-mcp\.socket:\n/);
});

const skip = (await has('python3')) ? false : 'needs python3 for a terminal';

test('on a terminal it asks, tells, and asks before it changes', { skip }, async (t) => {
  const home = await makeFolder(t);
  const { code, shown } = await typeSession(
    ['init'],
    [
      ['Where are your notes?', '~/papers\r'],
      ['public URL', 'ftp://x\r'],
      ['issuer-url', '\u0015https://notes.example.org\r'],
      ['keep the logins', '\r'],
      ['PIN?', '\r'],
      ['in front', '\r'],
      ['Make these changes', '\r'],
    ],
    { HOME: home },
  );
  assert.equal(code, 0, shown);
  assert.match(shown, /will create .*papers[\s\S]*Make these changes/);
  assert.match(
    await readFile(join(home, '.vault-mcp/env'), 'utf8'),
    /papers\nOAUTH_ISSUER_URL=https:\/\/notes\.example\.org\n/,
  );
  assert.match(shown, /reverse_proxy/);
});

test('who gives up, or says no, has changed nothing', { skip }, async (t) => {
  const home = await makeFolder(t);
  const flags = ['--local', '--state-path', join(home, 's/state.json'), '--pin-file', join(home, 's/pin')];
  const given = await typeSession(['init'], [['notes?', '\u0003']], { HOME: home });
  const no = await typeSession(['init', '--vault-path', join(home, 'n'), ...flags], [['changes?', 'n']], {
    HOME: home,
  });
  for (const { code, shown } of [given, no]) {
    assert.equal(code, 1, shown);
    assert.match(shown, /nothing was changed/);
  }
  assert.deepEqual(await readdir(home), []);
});

function init(home: string, args: readonly string[]) {
  return runCommand(['init', ...args], { env: { HOME: home }, cwd: home });
}

async function pathsBelow(folder: string): Promise<string[]> {
  return (await readdir(folder, { recursive: true })).sort();
}

async function modesBelow(folder: string): Promise<Record<string, string>> {
  const modes: Record<string, string> = {};
  for (const path of await pathsBelow(folder)) {
    modes[path] = ((await stat(join(folder, path))).mode & 0o777).toString(8);
  }
  return modes;
}

async function timesBelow(folder: string): Promise<number[]> {
  const paths = await pathsBelow(folder);
  return Promise.all(paths.map(async (path) => (await stat(join(folder, path))).ctimeMs));
}
