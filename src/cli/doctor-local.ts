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
import type { Check } from './doctor-check.js';
import { currentUser } from './doctor-user.js';
import { readPinFile } from './pin.js';
import type { ServeSettings } from './serve-settings.js';

const oldestNode: readonly [number, number] = [20, 19];

export function checkNode(version: string): Check {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const isGood = major > oldestNode[0] || (major === oldestNode[0] && minor >= oldestNode[1]);
  if (isGood) return { name: 'node', status: 'ok', message: `Node ${version}` };
  const hint = `install Node ${oldestNode.join('.')} or later`;
  return { name: 'node', status: 'failed', message: `Node ${version} is too old`, hint };
}

export async function checkVault({ options }: ServeSettings): Promise<Check> {
  const { vaultPath: path, createVaultIfMissing, readOnly = false, ignore = [], listUnderscore = false } = options;
  const name = 'vault';
  try {
    await access(path, constants.R_OK | constants.X_OK);
    const notes = countNotes(path, ignore, listUnderscore);
    if (!readOnly && !(await isAllowed(path, constants.W_OK))) {
      const hint = 'let that user write to it, or serve it with --read-only';
      return { name, status: 'failed', message: `${path} cannot be written by ${currentUser()}`, hint };
    }
    const message = `${path}: ${count(notes, 'note')}`;
    if (notes > 0) return { name, status: 'ok', message };
    return { name, status: 'warning', message, hint: 'is it the right folder? notes are files that end in .md' };
  } catch (error) {
    const code = systemErrorCode(error);
    if (code === 'ENOENT' && createVaultIfMissing === true) {
      return { name, status: 'ok', message: `${path} will be made, with a welcome note` };
    }
    if (code === 'ENOENT') {
      const hint = 'create it, or correct --vault-path or VAULT_PATH';
      return { name, status: 'failed', message: `there is no folder ${path}`, hint };
    }
    return {
      name,
      status: 'failed',
      message: `${path} cannot be opened by ${currentUser()}: ${reason(error)}`,
      hint: 'check its owner and mode, and those of the folders above it',
    };
  }
}

export async function checkState({ options }: ServeSettings): Promise<Check> {
  const { statePath: path, vaultPath } = options;
  const name = 'state';
  if (path === undefined) {
    const hint = 'set --state-path or OAUTH_STATE_PATH';
    return { name, status: 'warning', message: 'no state path: a restart logs everybody out', hint };
  }
  const fromVault = relative(vaultPath, path);
  if (!fromVault.startsWith(`..${sep}`) && !fromVault.startsWith(sep)) {
    return { name, status: 'failed', message: `${path} is inside the vault`, hint: 'keep it where notes are not' };
  }
  const folder = await nearestFolder(dirname(path));
  if (!(await isAllowed(folder, constants.W_OK | constants.X_OK))) {
    const hint = 'let that user write to the folder, not only to the file: saves replace the file';
    return { name, status: 'failed', message: `${folder} cannot be written by ${currentUser()}`, hint };
  }
  if (remoteTypes.has((await statfs(folder)).type)) {
    return {
      name,
      status: 'failed',
      message: `${folder} is on a network filesystem`,
      hint: 'keep the file on a local disk',
    };
  }
  try {
    const { found, reason: why, hint, view, mode = 0 } = await checkStateFile(path, Math.floor(Date.now() / 1_000));
    if (found === 'missing') return { name, status: 'ok', message: `${path} will be made` };
    if ((mode & 0o77) !== 0) {
      return { name, status: 'failed', message: `${path} is open to other users`, hint: `chmod 600 ${path}` };
    }
    if (view === undefined || (found !== 'good' && found !== 'older')) {
      const message = why ?? `${path} cannot be used`;
      return { name, status: 'failed', message, ...(hint === undefined ? {} : { hint }) };
    }
    const totals = `${count(view.clients.size, 'client')}, ${count(view.grants.size, 'grant')}`;
    const message = found === 'good' ? `${path}: ${totals}` : `${path}: version 1 will be imported: ${totals}`;
    const owner = (await stat(path)).uid;
    const user = process.getuid?.() ?? owner;
    if (user === owner || user === 0) return { name, status: 'ok', message };
    return { name, status: 'warning', message: `${path} belongs to another user`, hint: 'run the server as its owner' };
  } catch (error) {
    if (error instanceof VaultMcpError && error.code === 'state_missing') {
      return { name, status: 'ok', message: `${path} will be made` };
    }
    const hint = error instanceof VaultMcpError ? error.hint : undefined;
    return { name, status: 'failed', message: reason(error), ...(hint === undefined ? {} : { hint }) };
  }
}

/** NFS, SMB, CIFS, SMB2, 9p: where a lock may not hold (statfs(2)). */
const remoteTypes = new Set([0x6969, 0x517b, 0xff534d42, 0xfe534d42, 0x01021997]);

export async function checkPin({ options, pin: givenPin, pinFile }: ServeSettings): Promise<Check> {
  const name = 'pin';
  if (!options.auth) return { name, status: 'skipped', message: 'not used with --no-auth' };
  let pin = givenPin;
  if (pinFile !== undefined) {
    try {
      pin = await readPinFile(pinFile);
    } catch (error) {
      return { name, status: 'failed', message: reason(error), hint: 'check the path, owner and mode of the file' };
    }
    if (((await stat(pinFile)).mode & 0o77) !== 0) {
      return { name, status: 'warning', message: `${pinFile} is open to other users`, hint: `chmod 600 ${pinFile}` };
    }
  }
  if (pin === undefined) return { name, status: 'ok', message: 'a random one is made at the start' };
  const strength = pinStrength(pin);
  if (strength === 'good') return { name, status: 'ok', message: `${[...pin].length} characters` };
  const message = strength === 'weak' ? 'the PIN is easily guessed' : 'the PIN is rather short';
  const hint = `use ${goodPinLength} characters or more, or set none and let vault-mcp make one`;
  return { name, status: 'warning', message, hint };
}

export async function checkPort({ host, port }: ServeSettings): Promise<Check> {
  const name = 'port';
  const address = host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
  const code = await new Promise<string | undefined>((resolve) => {
    const probe = createServer();
    probe.once('error', (error) => resolve(systemErrorCode(error) ?? 'unknown error'));
    probe.listen(port, host, () => probe.close(() => resolve(undefined)));
  });
  if (code === undefined) return { name, status: 'ok', message: `${address} is free` };
  if (code === 'EADDRINUSE') {
    if (await isVaultMcp(host, port)) return { name, status: 'ok', message: `vault-mcp answers on ${address}` };
    const hint = 'stop the other program, or choose another port with --port';
    return { name, status: 'failed', message: `${address} is taken by another program`, hint };
  }
  return { name, status: 'failed', message: `cannot listen on ${address}: ${code}`, hint: 'check --host and --port' };
}

async function isVaultMcp(host: string, port: number): Promise<boolean> {
  const name = host === '0.0.0.0' ? '127.0.0.1' : host === '::' ? '[::1]' : host.includes(':') ? `[${host}]` : host;
  try {
    const answer = await fetch(`http://${name}:${port}/healthz`, { signal: AbortSignal.timeout(2_000) });
    const body: unknown = await answer.json();
    return typeof body === 'object' && body !== null && 'status' in body;
  } catch {
    return false;
  }
}

export function checkHosts({ host, issuerUrl, options }: ServeSettings): Check {
  const name = 'hosts';
  if (issuerUrl === undefined && !isLoopbackName(host)) {
    const hint = 'set --issuer-url to the URL that clients use';
    return {
      name,
      status: 'warning',
      message: `${host} is reached from outside, but the public URL is loopback`,
      hint,
    };
  }
  const own = issuerUrl === undefined ? [] : [new URL(issuerUrl).hostname];
  const hosts = new Set(['localhost', '127.0.0.1', '[::1]', ...own, ...(options.allowedHosts ?? [])]);
  return { name, status: 'ok', message: `requests are answered for ${[...hosts].join(', ')}` };
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
