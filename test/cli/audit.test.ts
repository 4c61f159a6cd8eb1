import assert from 'node:assert/strict';
import { mkdir, readFile, rename, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import pkceChallenge from 'pkce-challenge';
import { approve } from '../e2e/approve.js';
import { makeFolder, runCommand } from './run-command.js';
import { startServer } from './server-process.js';
import { accessToken, claudeGrant, claudeId, hashOf, type StateDocument, stateDocument } from './state-fixture.js';

async function until(what: string, isDone: () => Promise<boolean>): Promise<void> {
  for (let i = 0; i < 200; i += 1) {
    if (await isDone()) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  assert.fail(what);
}

test('the log and the audit file have who changed what, who was refused, and who was cut off', async (t) => {
  const folder = await makeFolder(t);
  const statePath = join(folder, 'state.json');
  await writeFile(statePath, JSON.stringify(stateDocument(Math.floor(Date.now() / 1_000))), { mode: 0o600 });
  await mkdir(join(folder, 'vault'));
  await writeFile(join(folder, 'audit.jsonl'), '', { mode: 0o644 });
  const env = { OAUTH_STATE_PATH: statePath, OAUTH_PIN: 'chosen-by-me' };
  const issuer = 'https://vault.example.com';
  const args = ['--issuer-url', issuer, '--audit-file', 'audit.jsonl', '--metrics', 'local'];
  const server = await startServer(t, { folder, env, args });
  const call = (token: string, name: string, toolArguments: object) =>
    fetch(`${server.url}/mcp`, {
      method: 'POST',
      headers: {
        Authorization: `Bearer ${token}`,
        'Content-Type': 'application/json',
        'User-Agent': 'test/1.0',
        Accept: 'application/json, text/event-stream',
      },
      body: JSON.stringify({
        jsonrpc: '2.0',
        id: 1,
        method: 'tools/call',
        params: { name, arguments: toolArguments },
      }),
    });
  const form = (path: string, fields: Record<string, string>) =>
    fetch(`${server.url}${path}`, { method: 'POST', body: new URLSearchParams(fields) });

  assert.equal((await call(accessToken, 'vault_write', { file_path: 'a.md', content: '# A\n' })).status, 200);
  await call(accessToken, 'vault_write', { file_path: 'a.md', content: 'again' });
  await call(accessToken, 'vault_move', { file_path: 'a.md', new_path: 'b.md' });
  await call(accessToken, 'vault_delete', { file_path: 'b.md' });
  await call(accessToken, 'vault_read', { file_path: 'b.md' });
  assert.equal((await call('an-unknown-token', 'vault_list', {})).status, 401);
  await form('/token', { grant_type: 'refresh_token', refresh_token: 'unknown-refresh', client_id: claudeId });
  await form('/token', { grant_type: 'refresh_token', refresh_token: 'unknown-refresh', client_id: 'nobody' });
  await form('/revoke', { token: 'x', client_id: claudeId, client_secret: 'wrong-secret' });
  assert.equal((await runCommand(['state', 'revoke', '--client', claudeId], { env })).code, 0);
  await until('the revocation is in the log', async () => server.outcome.stderr.includes('revoked outside'));

  const read = async (name: string) =>
    (await readFile(join(folder, name), 'utf8'))
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
  await until('the audit file has it', async () => (await read('audit.jsonl')).at(-1)?.event === 'revoked');
  assert.equal((await stat(join(folder, 'audit.jsonl'))).mode & 0o777, 0o600);
  const events = await read('audit.jsonl');
  const who = { client: claudeId, client_name: 'Claude', grant: claudeGrant };
  const about = { client: claudeId, client_name: 'Claude', address: '127.0.0.1' };
  assert.deepEqual(
    events.map(({ time: _time, request: _request, ...event }) => event),
    [
      { event: 'changed', tool: 'vault_write', outcome: 'done', paths: ['a.md'], ...who },
      { event: 'changed', tool: 'vault_write', outcome: 'exists', paths: ['a.md'], ...who },
      { event: 'changed', tool: 'vault_move', outcome: 'done', paths: events[2].paths, ...who },
      { event: 'changed', tool: 'vault_delete', outcome: 'done', paths: events[3].paths, ...who },
      {
        event: 'refused',
        credential: 'access_token',
        address: '127.0.0.1',
        presented: hashOf('an-unknown-token').slice(0, 12),
      },
      {
        event: 'refused',
        credential: 'refresh_token',
        ...about,
        presented: hashOf('unknown-refresh').slice(0, 12),
        reason: 'The refresh token is unknown, expired or revoked',
      },
      {
        event: 'refused',
        credential: 'client',
        client: 'nobody',
        address: '127.0.0.1',
        presented: hashOf('unknown-refresh').slice(0, 12),
        reason: events[6].reason,
      },
      {
        event: 'refused',
        credential: 'client',
        ...about,
        presented: hashOf('x').slice(0, 12),
        reason: events[7].reason,
      },
      { event: 'revoked', ...who },
    ],
  );
  for (const { time } of events) assert.ok(Math.abs(Date.parse(time) - Date.now()) < 60_000);

  const figures = await (await fetch(`${server.url}/metrics`)).text();
  for (const line of [
    'vault_mcp_tool_calls_total{tool="vault_write",outcome="exists"} 1',
    'vault_mcp_tool_calls_total{tool="vault_delete",outcome="done"} 1',
    'vault_mcp_refused_credentials_total{credential="client"} 2',
    'vault_mcp_revoked_logins_total 1',
  ]) {
    assert.ok(figures.includes(`${line}\n`), `${line}\n${figures}`);
  }

  await rename(join(folder, 'audit.jsonl'), join(folder, 'audit.jsonl.1'));
  server.signal('SIGHUP');
  await until('the file is there again', () =>
    stat(join(folder, 'audit.jsonl')).then(
      () => true,
      () => false,
    ),
  );
  await call('another-token', 'vault_list', {});
  await until('it is written', async () => (await readFile(join(folder, 'audit.jsonl'), 'utf8')) !== '');
  const { code, stderr } = await server.stop();
  assert.equal(code, 0);
  const secrets = [accessToken, 'an-unknown-token', 'unknown-refresh', 'wrong-secret'];
  for (const secret of secrets) assert.ok(!`${stderr}${JSON.stringify(events)}`.includes(secret), secret);
});

test('address and user agent of the last use are kept, unless they are not to be', async (t) => {
  for (const kept of [true, false]) {
    const folder = await makeFolder(t);
    const statePath = join(folder, 'state.json');
    const document = stateDocument(Math.floor(Date.now() / 1_000));
    const grant = document.grants[claudeGrant];
    assert.ok(grant !== undefined);
    document.grants[claudeGrant] = { ...grant, last_used_at: grant.created_at, last_used_address: '192.0.2.9' };
    await writeFile(statePath, JSON.stringify(document), { mode: 0o600 });
    const args = ['--issuer-url', 'https://vault.example.com', ...(kept ? [] : ['--no-client-addresses'])];
    const server = await startServer(t, {
      folder,
      env: { OAUTH_STATE_PATH: statePath, OAUTH_PIN: 'chosen-by-me' },
      args,
    });
    const headers = {
      Authorization: `Bearer ${accessToken}`,
      'User-Agent': `test/1.0 \u0000${'x'.repeat(5_000)}`.replace('\u0000', ''),
      'X-Forwarded-For': '198.51.100.7',
      'Content-Type': 'application/json',
      Accept: 'application/json, text/event-stream',
    };
    const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/list' });
    assert.equal((await fetch(`${server.url}/mcp`, { method: 'POST', headers, body })).status, 200);
    await server.stop();
    const after = (JSON.parse(await readFile(statePath, 'utf8')) as StateDocument).grants[claudeGrant];
    assert.equal(after?.last_used_address, kept ? '198.51.100.7' : undefined);
    assert.equal((after?.last_used_user_agent ?? '').length, kept ? 200 : 0);
    const { stdout } = await runCommand(['state', 'inspect', '--long', '--state-path', statePath]);
    assert.equal(stdout.includes('used from 198.51.100.7, test/1.0 xxx'), kept);
  }
});

test('the audit file has who was let in, for what and where', async (t) => {
  const server = await startServer(t, { env: { OAUTH_PIN: 'chosen-by-me' }, args: ['--audit-file', 'audit.jsonl'] });
  const redirectUri = 'https://app.example.org/cb';
  const registered = await fetch(`${server.url}/register`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({
      redirect_uris: [redirectUri],
      client_name: 'App\u202e',
      token_endpoint_auth_method: 'none',
    }),
  });
  const { client_id: clientId } = (await registered.json()) as { client_id: string };
  const { code_challenge } = await pkceChallenge();
  const asked = new URLSearchParams({
    response_type: 'code',
    client_id: clientId,
    redirect_uri: redirectUri,
    code_challenge,
    code_challenge_method: 'S256',
  });
  const callback = await approve(new URL(`${server.url}/authorize?${asked}`), 'chosen-by-me', { readOnly: true });
  assert.ok(callback.searchParams.has('code'));
  await server.stop();
  const lines = (await readFile(join(server.folder, 'audit.jsonl'), 'utf8')).trimEnd().split('\n');
  const { time: _time, request: _request, ...event } = JSON.parse(lines.at(-1) ?? '') as Record<string, unknown>;
  assert.deepEqual(event, {
    event: 'approved',
    client: clientId,
    client_name: 'App',
    address: '127.0.0.1',
    scope: 'vault:read',
    redirect: 'app.example.org',
  });
});
