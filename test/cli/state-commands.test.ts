import assert from 'node:assert/strict';
import { chmod, chown, mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { isFull } from '../full.js';
import { makeStateFile, runCommand, type StateFile } from './run-command.js';
import { accessToken, claudeGrant, claudeId, editorGrant, editorId, hashOf } from './state-fixture.js';

const commands = [
  ['state', 'inspect'],
  ['state', 'prune-expired'],
  ['state', 'prune-expired', '--dry-run'],
  ['state', 'revoke', '--client', claudeId],
  ['state', 'revoke', '--all', '--yes'],
];
const isRoot = process.getuid?.() === 0;
const needsRoot = isRoot ? false : 'needs root';

/** Runs revoke and returns what it said, with the file's bytes from before. */
async function runRevoke(file: StateFile, args: string[], stdin = '') {
  return await runCommand(['state', 'revoke', ...args], { env: file.env, stdin });
}

test('prune-expired removes what is expired, counts it, and does it once', async (t) => {
  const file = await makeStateFile(t);
  const before = await file.read();
  const dry = await runCommand(['state', 'prune-expired', '--dry-run'], { env: file.env });
  assert.equal(dry.code, 0);
  assert.match(
    dry.stdout,
    /^would remove 1 client and 1 access token\n {2}client +never-approved +registered 45 days ago/,
  );
  assert.match(dry.stdout, new RegExp(`access +${hashOf('expired').slice(0, 12)} +expired 10 days ago\n$`));
  assert.deepEqual(await file.read(), before);

  const first = await runCommand(['state', 'prune-expired'], { env: file.env });
  assert.deepEqual(first, { code: 0, stdout: 'removed 1 client and 1 access token\n', stderr: '' });
  const after = await file.read();
  assert.equal(after.clients['never-approved'], undefined);
  assert.equal(after.access_tokens[hashOf('expired')], undefined);
  assert.deepEqual(after.refresh_tokens, before.refresh_tokens);
  assert.equal((await stat(file.path)).mode & 0o777, 0o600);

  const second = await runCommand(['state', 'prune-expired'], { env: file.env });
  assert.deepEqual(second, { code: 0, stdout: 'removed nothing\n', stderr: '' });
  assert.deepEqual(await readdir(file.folder), ['state.json']);
});

test('prune-expired --quiet is silent, --json is for programs', async (t) => {
  const file = await makeStateFile(t);
  const dry = await runCommand(['state', 'prune-expired', '--dry-run', '--json'], { env: file.env });
  assert.deepEqual(JSON.parse(dry.stdout), {
    json_version: 1,
    dry_run: true,
    counts: { clients: 1, grants: 0, access_tokens: 1, refresh_tokens: 0 },
    clients: ['never-approved'],
    grants: [],
    access_tokens: [hashOf('expired').slice(0, 12)],
    refresh_tokens: [],
  });
  const quiet = await runCommand(['state', 'prune-expired', '--quiet'], { env: file.env });
  assert.deepEqual(quiet, { code: 0, stdout: '', stderr: '' });
  assert.equal((await file.read()).clients['never-approved'], undefined);
});

test("revoke --client ends a client's grants and keeps its registration", async (t) => {
  const file = await makeStateFile(t);
  const before = await file.read();
  const dry = await runRevoke(file, ['--client', '3f9a1c', '--dry-run']);
  assert.deepEqual(dry, {
    code: 0,
    stdout: `would end 1 grant, 2 access tokens and 2 refresh tokens of "Claude" (claude.ai, ${claudeId})\n`,
    stderr: '',
  });
  assert.deepEqual(await file.read(), before);

  const done = await runRevoke(file, ['--client', '3f9a1c']);
  assert.deepEqual(done, {
    code: 0,
    stdout: `ended 1 grant, 2 access tokens and 2 refresh tokens of "Claude" (claude.ai, ${claudeId})\n`,
    stderr: 'vault-mcp: hint: to undo this, connect in the app again, and approve it\n',
  });
  const after = await file.read();
  assert.deepEqual(Object.keys(after.grants), [editorGrant]);
  assert.deepEqual(Object.keys(after.access_tokens), []);
  assert.deepEqual(Object.keys(after.refresh_tokens), [hashOf('for ever')]);
  assert.ok((after.clients[claudeId]?.revoked_before ?? 0) >= file.now);

  const again = await runRevoke(file, ['--client', claudeId]);
  assert.deepEqual(again, { code: 0, stdout: `ended 0 grants of "Claude" (claude.ai, ${claudeId})\n`, stderr: '' });
  const forgotten = await runRevoke(file, ['--client', claudeId, '--forget']);
  assert.match(forgotten.stdout, /and forgot the registration\n$/);
  assert.equal((await file.read()).clients[claudeId], undefined);
});

test('revoke --grant and --token end one family; a second time there is nothing to revoke', async (t) => {
  const file = await makeStateFile(t);
  assert.match(
    (await runRevoke(file, ['--grant', editorGrant])).stdout,
    /^ended 1 grant and 1 refresh token of "Editor/,
  );
  assert.deepEqual(await runRevoke(file, ['--grant', editorGrant]), {
    code: 0,
    stdout: 'nothing to revoke\n',
    stderr: '',
  });
  assert.deepEqual(Object.keys((await file.read()).grants), [claudeGrant]);

  const token = hashOf(accessToken);
  const json = await runRevoke(file, ['--token', token.slice(0, 12).toUpperCase(), '--json']);
  assert.deepEqual(JSON.parse(json.stdout), {
    json_version: 1,
    dry_run: false,
    matched: true,
    clients: [claudeId],
    forgotten: [],
    grants: [claudeGrant],
    access_tokens: 2,
    refresh_tokens: 2,
  });
  const again = await runRevoke(file, ['--token', token]);
  assert.deepEqual([again.code, again.stdout], [0, 'nothing to revoke\n']);
  assert.match(again.stderr, /--token-stdin/);
});

test('revoke --token-stdin takes a token itself', async (t) => {
  const file = await makeStateFile(t);
  for (const bad of ['', ' \n', 'two words', 'x'.repeat(20_000)]) {
    const refused = await runRevoke(file, ['--token-stdin'], bad);
    assert.equal(refused.code, 2);
    assert.ok(!refused.stderr.includes('words'));
  }
  const done = await runRevoke(file, ['--token-stdin'], `${accessToken}\n`);
  assert.equal(done.code, 0);
  assert.deepEqual(Object.keys((await file.read()).grants), [editorGrant]);
  assert.equal((await runRevoke(file, ['--token-stdin'], accessToken)).stdout, 'nothing to revoke\n');
});

test('revoke takes several at once, all or none; --yes goes with everything', async (t) => {
  const file = await makeStateFile(t);
  const before = await readFile(file.path);
  const both = ['--client', claudeId, '--client', editorId.slice(0, 8)];
  assert.equal((await runRevoke(file, [...both, '--grant', 'absent-grant'])).code, 1);
  assert.deepEqual(await readFile(file.path), before);
  const done = await runRevoke(file, [...both, '--grant', claudeGrant.slice(0, 10), '--yes', '--json']);
  assert.equal(done.code, 0);
  assert.deepEqual(JSON.parse(done.stdout), {
    json_version: 1,
    dry_run: false,
    matched: true,
    clients: [claudeId, editorId],
    forgotten: [],
    grants: [claudeGrant, editorGrant],
    access_tokens: 2,
    refresh_tokens: 3,
  });
  assert.deepEqual((await file.read()).grants, {});
});

test('revoke by name and by age: each that is given has to hold', async (t) => {
  const file = await makeStateFile(t);
  const wouldEnd = async (...args: string[]) => {
    const { code, stdout, stderr } = await runRevoke(file, [...args, '--dry-run', '--json']);
    return code === 0 ? (JSON.parse(stdout) as { grants: string[] }).grants : stderr;
  };
  assert.deepEqual(await wouldEnd('--name', 'claude'), [claudeGrant]);
  assert.deepEqual(await wouldEnd('--idle', '2d'), [editorGrant]);
  assert.deepEqual(await wouldEnd('--older-than', '10d'), [claudeGrant]);
  assert.deepEqual(await wouldEnd('--older-than', '10d', '--idle', '2d'), []);
  assert.deepEqual(await wouldEnd('--name', 'Claude', '--idle', '2d'), []);
  assert.match(String(await wouldEnd('--name', 'clau')), /no client is named "clau"\n.*hint: .*"Claude"/);
  const done = await runRevoke(file, ['--name', 'CLAUDE', '--forget']);
  assert.match(done.stdout, /of "Claude" \(claude\.ai, .*\), and forgot the registration\n$/);
  assert.deepEqual(Object.keys((await file.read()).clients), [editorId, 'never-approved']);
});

test('registrations that were approved once and have no grant left can be forgotten', async (t) => {
  const file = await makeStateFile(t);
  assert.equal((await runRevoke(file, ['--forget-unused'])).stdout, 'nothing to revoke\n');
  await runRevoke(file, ['--client', claudeId]);
  const prune = (...args: string[]) => runCommand(['state', 'prune-expired', '--json', ...args], { env: file.env });
  const young = JSON.parse((await prune('--unused', '90d', '--dry-run')).stdout);
  assert.deepEqual(young.clients, ['never-approved']);
  const document = await file.read();
  const claude = document.clients[claudeId];
  assert.ok(claude !== undefined);
  const longAgo = file.now - 91 * 86_400;
  document.clients[claudeId] = { ...claude, approved_at: longAgo, last_used_at: longAgo, revoked_before: longAgo };
  await writeFile(file.path, JSON.stringify(document), { mode: 0o600 });
  assert.deepEqual(JSON.parse((await prune('--unused', '90d', '--dry-run')).stdout).clients, [
    'never-approved',
    claudeId,
  ]);
  const done = await runRevoke(file, ['--forget-unused']);
  assert.equal(done.stdout, `ended 0 grants of "Claude" (claude.ai, ${claudeId}), and forgot the registration\n`);
  assert.deepEqual(Object.keys((await file.read()).clients).sort(), [editorId, 'never-approved'].sort());
});

test('a token itself given to --token is recognised, and never repeated', async (t) => {
  const file = await makeStateFile(t);
  const done = await runRevoke(file, ['--token', accessToken]);
  assert.equal(done.code, 0);
  assert.deepEqual(Object.keys((await file.read()).grants), [editorGrant]);
  const unknown = await runRevoke(file, ['--token', 'another-token-that-leaked']);
  assert.equal(unknown.code, 1);
  assert.ok(!`${unknown.stdout}${unknown.stderr}`.includes('leaked'));
});

test('what names nothing, or several things, changes nothing', async (t) => {
  const file = await makeStateFile(t);
  const before = await readFile(file.path);
  const ambiguous = await runRevoke(file, ['--grant', '8d1e2f3a']);
  assert.equal(ambiguous.code, 1);
  assert.match(ambiguous.stderr, new RegExp(`hint: candidates: ${claudeGrant}, ${editorGrant}\n$`));
  for (const args of [
    ['--client', 'unknown-client'],
    ['--grant', '8d1e2'],
    ['--token', 'abcdef012345'],
  ]) {
    assert.equal((await runRevoke(file, args)).code, 1, args.join(' '));
  }
  assert.deepEqual(await readFile(file.path), before);
});

test('a wrong use of revoke is refused with exit code 2', async (t) => {
  const file = await makeStateFile(t);
  const before = await readFile(file.path);
  for (const args of [
    [],
    ['--all'],
    ['--all', '--client', claudeId],
    ['--grant', claudeGrant, '--idle', '30d'],
    ['--all', '--name', 'Claude'],
    ['--name', ''],
    ['--name', ' \u200b '],
    ['--idle', 'long'],
    ['--idle', '30d', '--forget'],
    ['--grant', claudeGrant, '--forget'],
  ]) {
    const { code, stdout, stderr } = await runRevoke(file, args);
    assert.deepEqual([code, stdout], [2, ''], args.join(' '));
    assert.match(stderr, /^vault-mcp: error: .+\nvault-mcp: hint: .+\n$/);
  }
  assert.deepEqual(await readFile(file.path), before);
});

test('revoke --all --yes ends everything, and says what it does not reach', async (t) => {
  const file = await makeStateFile(t);
  const { code, stdout, stderr } = await runRevoke(file, ['--all', '--yes']);
  assert.equal(code, 0);
  assert.match(
    stdout,
    /^ended 2 grants, 2 access tokens and 3 refresh tokens of "Claude" \(claude\.ai, .*\) and "Editor/,
  );
  assert.match(stderr, /Cloudflare Access/);
  const after = await file.read();
  assert.deepEqual([after.grants, after.access_tokens, after.refresh_tokens], [{}, {}, {}]);
  assert.equal(Object.keys(after.clients).length, 3);
  assert.ok((after.revoked_before ?? 0) >= file.now);
  assert.ok(after.clients[editorId]);
});

test('no state file named: exit code 2; none there: 3, and none is made', async (t) => {
  const { folder } = await makeStateFile(t);
  const path = join(folder, 'absent', 'state.json');
  for (const args of commands) {
    assert.equal((await runCommand(args)).code, 2, args.join(' '));
    const { code, stdout, stderr } = await runCommand([...args, '--state-path', path]);
    assert.deepEqual([code, stdout], [3, ''], args.join(' '));
    assert.match(stderr, /^vault-mcp: error: .+\nvault-mcp: hint: .+\n$/);
  }
  assert.deepEqual(await readdir(folder), ['state.json']);
});

test('a file that is corrupt, empty, a folder or too new is left alone: exit code 3', async (t) => {
  for (const content of ['', '{"version": 2, "clients"', 'null', '[]', '{"version": 99}']) {
    const file = await makeStateFile(t, content);
    for (const args of commands) {
      const { code, stdout, stderr } = await runCommand(args, { env: file.env });
      assert.deepEqual([code, stdout], [3, ''], `${content}: ${args.join(' ')}`);
      assert.match(stderr, /^vault-mcp: error: .+\n(vault-mcp: hint: .+\n)?$/);
      assert.doesNotMatch(stderr, /\n {4}at /);
    }
    assert.equal(await readFile(file.path, 'utf8'), content);
    assert.deepEqual(await readdir(file.folder), ['state.json']);
  }
  const { folder } = await makeStateFile(t);
  await mkdir(join(folder, 'folder.json'));
  for (const args of commands) {
    const { code } = await runCommand([...args, '--state-path', join(folder, 'folder.json')]);
    assert.equal(code, 3, args.join(' '));
  }
});

const waiting = { skip: isFull ? false : 'waits for 15 s' };

test('a lock that is held: exit code 4, and the file as it was', waiting, async (t) => {
  const file = await makeStateFile(t);
  const before = await readFile(file.path);
  await mkdir(`${file.path}.lock`);
  const nonce = join(`${file.path}.lock`, 'held');
  // A live holder shows by touching its file.
  let beat = 0;
  await writeFile(nonce, '');
  const heartbeat = setInterval(() => {
    beat += 1;
    void writeFile(nonce, String(beat));
  }, 200);
  t.after(() => clearInterval(heartbeat));
  const { code, stdout, stderr } = await runCommand(['state', 'prune-expired'], { env: file.env });
  assert.deepEqual([code, stdout], [4, '']);
  assert.match(stderr, /^vault-mcp: error: .+\nvault-mcp: hint: .+\n$/);
  assert.deepEqual(await readFile(file.path), before);
});

test('as another user: an unreadable file is exit code 3', { skip: needsRoot }, async (t) => {
  const file = await makeStateFile(t);
  await chmod(file.folder, 0o755);
  for (const args of commands) {
    const { code, stdout } = await runCommand(args, { env: file.env, uid: 65_534, gid: 65_534 });
    assert.deepEqual([code, stdout], [3, ''], args.join(' '));
  }
});

test('as another user: a readable file in a folder that cannot be written is exit code 1', {
  skip: needsRoot,
}, async (t) => {
  const file = await makeStateFile(t);
  const before = await readFile(file.path);
  await chmod(file.folder, 0o755);
  await chmod(file.path, 0o644);
  const run = (args: string[]) => runCommand(args, { env: file.env, uid: 65_534, gid: 65_534 });
  assert.equal((await run(['state', 'inspect'])).code, 0);
  const { code, stderr } = await run(['state', 'prune-expired']);
  assert.equal(code, 1);
  assert.match(stderr, /^vault-mcp: error: /);
  assert.deepEqual(await readFile(file.path), before);
});

test("root's commands leave the file to its owner", { skip: needsRoot }, async (t) => {
  const file = await makeStateFile(t);
  await chown(file.folder, 65_534, 65_534);
  await chown(file.path, 65_534, 65_534);
  const { code } = await runCommand(['state', 'prune-expired'], { env: file.env });
  assert.equal(code, 0);
  const { uid, gid, mode } = await stat(file.path);
  assert.deepEqual([uid, gid, mode & 0o777], [65_534, 65_534, 0o600]);
  assert.equal((await file.read()).clients['never-approved'], undefined);
});

test('add-client prints an ID, and a secret once; the client is kept, unlike one that registers itself', async (t) => {
  const file = await makeStateFile(t);
  const uri = 'https://my.home-assistant.io/redirect/oauth';
  const add = (...args: string[]) => runCommand(['state', 'add-client', ...args], { env: file.env });
  const added = await add(
    '--name',
    'Home Assistant',
    '--redirect-uri',
    uri,
    '--redirect-uri',
    'obsidian://cb',
    '--secret',
  );
  assert.equal(added.code, 0, added.stderr);
  const [, id = '', secret = ''] =
    /^client ID +([0-9a-f]{32})\nclient secret +([0-9a-f]{64})\n$/.exec(added.stdout) ?? [];
  const stored = (await file.read()).clients[id] as Record<string, unknown> | undefined;
  assert.deepEqual(stored?.['redirect_uris'], [uri, 'obsidian://cb']);
  assert.equal(stored?.['client_secret_hash'], hashOf(secret));
  assert.ok(!JSON.stringify(await file.read()).includes(secret));
  const open = await add('--name', 'Gemini', '--redirect-uri', uri, '--json');
  const { client_id: publicId, client_secret: none } = JSON.parse(open.stdout);
  assert.equal(none, null);

  const document = await file.read();
  const old = Math.floor(Date.now() / 1_000) - 400 * 86_400;
  for (const one of [id, publicId]) Object.assign(document.clients[one] ?? {}, { client_id_issued_at: old });
  await writeFile(file.path, JSON.stringify(document));
  await runCommand(['state', 'prune-expired'], { env: file.env });
  const pruned = await file.read();
  assert.ok(pruned.clients[id] !== undefined && pruned.clients[publicId] !== undefined);

  const before = await readFile(file.path, 'utf8');
  for (const args of [
    ['--name', 'x'],
    ['--redirect-uri', uri],
    ['--name', ' ', '--redirect-uri', uri],
    ['--name', 'x', '--redirect-uri', 'javascript:alert(1)'],
    ['--name', 'x', '--redirect-uri', uri, '--redirect-uri', 'http://app.example/'],
  ]) {
    const refused = await add(...args);
    assert.equal(refused.code, 2, args.join(' '));
    assert.match(refused.stderr, /^vault-mcp: error: .*\nvault-mcp: hint: /);
  }
  assert.equal(await readFile(file.path, 'utf8'), before);
});
