import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { until } from '../state/state-fixture.js';
import { type Connected, connectV1, connectV2 } from './connect.js';
import { freePort, pin, scratchFolder } from './server-process.js';

interface Story {
  readonly file: string;
  readonly connect: (url: string) => Promise<Connected>;
  /** Of /oauth/approve: what the app asks for, in the words of the example. */
  readonly asksFor: RegExp;
}

const stories: readonly Story[] = [
  { file: 'express-server.js', connect: connectV1, asksFor: /Be greeted/ },
  { file: 'sdk-router-server.js', connect: connectV1, asksFor: /Be greeted/ },
  { file: 'node-http-server.js', connect: connectV2, asksFor: /Use all of it/ },
];

for (const { file, connect, asksFor } of stories) {
  test(`examples/${file}: a client logs in, calls, and calls again after a restart without a login`, async (t) => {
    const folder = await scratchFolder();
    t.after(folder.remove);
    const statePath = join(folder.path, 'logins', 'state.json');
    const example = { file, port: await freePort(), statePath };
    let server = await startExample(t, example);

    const client = await connect(server.url);
    t.after(() => client.close());
    assert.match(await client.call('greet'), /^Hello, [0-9a-f]{32}$/);
    assert.equal((await stat(statePath)).mode & 0o777, 0o600);
    const page = await approvalPage(server.url);
    assert.match(page, asksFor);
    assert.match(page, /Greeter/);
    assert.doesNotMatch(page, /your notes/, 'the page speaks of the embedding server');
    assert.equal((await fetch(`${server.url}/mcp`, { method: 'POST' })).status, 401);

    assert.equal(await server.stop(), 0, server.output());
    server = await startExample(t, example);
    assert.match(await client.call('greet'), /^Hello, [0-9a-f]{32}$/);
    assert.equal(client.login.logins, 1, 'nobody logs in again');
    assert.ok(!(await readFile(statePath, 'utf8')).includes(pin));
    assert.equal(await server.stop(), 0, server.output());
  });
}

/** Registers an app, sends it to log in, and returns the page that the person sees. */
async function approvalPage(url: string): Promise<string> {
  const redirectUri = 'https://app.example.com/callback';
  const registered = await fetch(`${url}/register`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ redirect_uris: [redirectUri], token_endpoint_auth_method: 'client_secret_post' }),
  });
  const { client_id: clientId } = (await registered.json()) as { client_id: string };
  const asked = new URLSearchParams({
    response_type: 'code',
    client_id: clientId,
    redirect_uri: redirectUri,
    code_challenge: 'a'.repeat(43),
    code_challenge_method: 'S256',
  });
  const page = await fetch(`${url}/authorize?${asked}`);
  const text = await page.text();
  assert.equal(page.status, 200, text);
  assert.match(page.headers.get('content-security-policy') ?? '', /default-src 'none'/);
  return text;
}

async function startExample(
  t: TestContext,
  { file, port, statePath }: { file: string; port: number; statePath: string },
): Promise<{ url: string; output(): string; stop(): Promise<number | null> }> {
  const program = fileURLToPath(new URL(`../../examples/${file}`, import.meta.url));
  const child = spawn(process.execPath, [program], {
    env: { PATH: process.env['PATH'], PORT: String(port), STATE_PATH: statePath, PIN: pin },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const exited = once(child, 'exit') as Promise<[number | null]>;
  t.after(() => {
    if (child.exitCode === null) child.kill('SIGKILL');
  });
  let printed = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk: Buffer) => {
      printed += chunk.toString('utf8');
    });
  }
  const url = `http://localhost:${port}`;
  await until(async () => {
    assert.equal(child.exitCode, null, printed);
    return (await fetch(`${url}/.well-known/oauth-authorization-server`).catch(() => undefined))?.status === 200;
  });
  const stop = async () => {
    child.kill('SIGTERM');
    return (await exited)[0];
  };
  return { url, output: () => printed, stop };
}
