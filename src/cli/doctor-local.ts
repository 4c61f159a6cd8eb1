import { constants } from 'node:fs';
import { access, stat, statfs } from 'node:fs/promises';
import { createServer } from 'node:net';
import { dirname, relative, sep } from 'node:path';
import { isLoopbackName } from '../addresses.js';
import { systemErrorCode, VaultMcpError } from '../errors.js';
import { countNotes } from '../notes/count-notes.js';
import { goodPinLength, pinStrength } from '../pin-strength.js';
import { checkStateFile } from '../state/file/check-state-file.js';
import { count } from '../words.js';
import { type Check, findingsOf } from './doctor-check.js';
import { currentUser } from './doctor-user.js';
import { ownUrl } from './local-url.js';
import { readPinFile } from './pin.js';
import type { ServeSettings } from './serve-settings.js';

const oldestNode: readonly [number, number] = [20, 19];

export function checkNode(version: string): Check {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const isGood = major > oldestNode[0] || (major === oldestNode[0] && minor >= oldestNode[1]);
  const finding = findingsOf('node');
  if (isGood) return finding.ok(`Node ${version}`);
  return finding.failed(`Node ${version} is too old`, `install Node ${oldestNode.join('.')} or later`);
}

export async function checkVault({ options }: ServeSettings): Promise<Check> {
  const { vaultPath: path, createVaultIfMissing, readOnly = false, ignore = [], listUnderscore = false } = options;
  const finding = findingsOf('vault');
  try {
    await access(path, constants.R_OK | constants.X_OK);
    const notes = countNotes(path, ignore, listUnderscore);
    if (!readOnly && !(await isAllowed(path, constants.W_OK))) {
      return finding.failed(
        `${path} cannot be written by ${currentUser()}`,
        'give that user write permission, or use --read-only',
      );
    }
    const message = `${path}: ${count(notes, 'note')}`;
    if (notes > 0) return finding.ok(message);
    return finding.warning(message, 'check that the folder is right; notes are files that end in .md');
  } catch (error) {
    const code = systemErrorCode(error);
    if (code === 'ENOENT' && createVaultIfMissing === true) {
      return finding.ok(`${path} will be created, with a welcome note`);
    }
    if (code === 'ENOENT') {
      return finding.failed(`there is no folder ${path}`, 'create it, or correct --vault-path or VAULT_PATH');
    }
    return finding.failed(
      `${path} cannot be opened by ${currentUser()}: ${reason(error)}`,
      'check its owner and mode, and those of the folders above it',
    );
  }
}

export async function checkState({ options }: ServeSettings): Promise<Check> {
  const { statePath: path, vaultPath } = options;
  const finding = findingsOf('state');
  if (path === undefined) {
    return finding.warning('no state path: a restart logs everybody out', 'set --state-path or OAUTH_STATE_PATH');
  }
  const fromVault = relative(vaultPath, path);
  if (!fromVault.startsWith(`..${sep}`) && !fromVault.startsWith(sep)) {
    return finding.failed(`${path} is inside the vault`, 'move it out of the vault');
  }
  const folder = await nearestFolder(dirname(path));
  if (!(await isAllowed(folder, constants.W_OK | constants.X_OK))) {
    return finding.failed(
      `${folder} cannot be written by ${currentUser()}`,
      'give that user write permission for the folder, not only for the file: each save replaces the file',
    );
  }
  if (remoteTypes.has((await statfs(folder)).type)) {
    return finding.failed(`${folder} is on a network filesystem`, 'keep the file on a local disk');
  }
  try {
    const { found, reason: why, hint, view, mode = 0 } = await checkStateFile(path, Math.floor(Date.now() / 1_000));
    if (found === 'missing') return finding.ok(`${path} will be created`);
    if ((mode & 0o77) !== 0) {
      return finding.failed(`${path} is open to other users`, `chmod 600 ${path}`);
    }
    if (view === undefined || (found !== 'good' && found !== 'older')) {
      return finding.failed(why ?? `${path} cannot be used`, hint);
    }
    const totals = `${count(view.clients.size, 'client')}, ${count(view.grants.size, 'grant')}`;
    const message = found === 'good' ? `${path}: ${totals}` : `${path}: version 1 will be imported: ${totals}`;
    const owner = (await stat(path)).uid;
    const user = process.getuid?.() ?? owner;
    if (user === owner || user === 0) return finding.ok(message);
    return finding.warning(`${path} belongs to another user`, 'run the server as its owner');
  } catch (error) {
    if (error instanceof VaultMcpError && error.code === 'state_missing') {
      return finding.ok(`${path} will be created`);
    }
    return finding.failed(reason(error), error instanceof VaultMcpError ? error.hint : undefined);
  }
}

/** NFS, SMB, CIFS, SMB2, 9p: where a lock may not hold (statfs(2)). */
const remoteTypes = new Set([0x6969, 0x517b, 0xff534d42, 0xfe534d42, 0x01021997]);

export async function checkPin({ options, pin: givenPin, pinFile }: ServeSettings): Promise<Check> {
  const finding = findingsOf('pin');
  if (!options.auth) return finding.skipped('not used with --no-auth');
  let pin = givenPin;
  if (pinFile !== undefined) {
    try {
      pin = await readPinFile(pinFile);
    } catch (error) {
      return finding.failed(reason(error), 'check the path, owner and mode of the file');
    }
    if (((await stat(pinFile)).mode & 0o77) !== 0) {
      return finding.warning(`${pinFile} is open to other users`, `chmod 600 ${pinFile}`);
    }
  }
  if (pin === undefined) return finding.ok('a random PIN is made at the start');
  const strength = pinStrength(pin);
  if (strength === 'good') return finding.ok(`${[...pin].length} characters`);
  const message = strength === 'weak' ? 'the PIN is easily guessed' : 'the PIN is rather short';
  return finding.warning(
    message,
    `use ${goodPinLength} characters or more, or set no PIN, so that vault-mcp makes one`,
  );
}

export async function checkPort({ host, port }: ServeSettings): Promise<Check> {
  const finding = findingsOf('port');
  const address = host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
  const code = await new Promise<string | undefined>((resolve) => {
    const probe = createServer();
    probe.once('error', (error) => resolve(systemErrorCode(error) ?? 'unknown error'));
    probe.listen(port, host, () => probe.close(() => resolve(undefined)));
  });
  if (code === undefined) return finding.ok(`${address} is free`);
  if (code === 'EADDRINUSE') {
    if (await isVaultMcp(host, port)) return finding.ok(`vault-mcp answers on ${address}`);
    return finding.failed(
      `${address} is taken by another program`,
      'stop the other program, or choose another port with --port',
    );
  }
  return finding.failed(`cannot listen on ${address}: ${code}`, 'check --host and --port');
}

async function isVaultMcp(host: string, port: number): Promise<boolean> {
  try {
    const answer = await fetch(`${ownUrl(host, port)}/healthz`, { signal: AbortSignal.timeout(2_000) });
    const body: unknown = await answer.json();
    return typeof body === 'object' && body !== null && 'status' in body;
  } catch {
    return false;
  }
}

export function checkHosts({ host, issuerUrl, options }: ServeSettings): Check {
  const finding = findingsOf('hosts');
  if (issuerUrl === undefined && !isLoopbackName(host)) {
    const hint = 'set --issuer-url to the URL that clients use';
    return finding.warning(`${host} can be reached from other machines, but the public URL is loopback`, hint);
  }
  const own = issuerUrl === undefined ? [] : [new URL(issuerUrl).hostname];
  const hosts = new Set(['localhost', '127.0.0.1', '[::1]', ...own, ...(options.allowedHosts ?? [])]);
  return finding.ok(`requests are answered for ${[...hosts].join(', ')}`);
}

async function isAllowed(path: string, mode: number): Promise<boolean> {
  return await access(path, mode).then(
    () => true,
    () => false,
  );
}

async function nearestFolder(path: string): Promise<string> {
  if (path === dirname(path) || (await isAllowed(path, constants.F_OK))) return path;
  return await nearestFolder(dirname(path));
}

function reason(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
