import { readFileSync, renameSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import process from 'node:process';
import { systemErrorCode } from '../../errors.js';

/** Who has a catalogue file open. */
interface Owner {
  readonly host: string;
  readonly pid: number;
  /** When that process began, where the system tells: a number is given again. */
  readonly began: string;
  /** Tells several of one process apart. */
  readonly nonce: string;
}

/** What cannot be asked (a process of another machine or container) counts as alive while it gave a sign so lately. */
const silenceMs = 60_000;
const signMs = 15_000;

/**
 * Takes a catalogue file for this process by a file beside it; undefined while another has it. What one that was killed
 * left is taken over, as is what an ended worker of the same `nonce` left. Returns what gives it back. Throws Node's system
 * errors.
 */
export function takeOwnership(path: string, nonce: string): (() => void) | undefined {
  const ownerPath = `${path}.owner`;
  const own: Owner = { host: hostname(), pid: process.pid, began: beginningOf(process.pid) ?? '', nonce };
  const text = JSON.stringify(own);
  if (!writeNew(ownerPath, text)) {
    const current = readOwner(ownerPath);
    if (current !== undefined && current.owner.nonce !== nonce && isAlive(current.owner, current.signMs))
      return undefined;
    // Of several that find it dead, the first to move it aside goes on.
    try {
      renameSync(ownerPath, `${ownerPath}.${nonce}`);
      rmSync(`${ownerPath}.${nonce}`, { recursive: true, force: true });
    } catch (error) {
      if (systemErrorCode(error) !== 'ENOENT') throw error;
    }
    if (!writeNew(ownerPath, text)) return undefined;
  }
  // The database's own lock, which only the owner may touch.
  rmSync(`${path}.lock`, { recursive: true, force: true });
  const timer = setInterval(() => {
    try {
      const now = new Date();
      utimesSync(ownerPath, now, now);
    } catch {
      // The next sign will do.
    }
  }, signMs).unref();
  return () => {
    clearInterval(timer);
    if (readOwner(ownerPath)?.owner.nonce === nonce) rmSync(ownerPath, { force: true });
  };
}

function writeNew(path: string, text: string): boolean {
  try {
    writeFileSync(path, text, { flag: 'wx', mode: 0o600 });
    return true;
  } catch (error) {
    if (systemErrorCode(error) === 'EEXIST') return false;
    throw error;
  }
}

function readOwner(path: string): { owner: Owner; signMs: number } | undefined {
  try {
    const owner = JSON.parse(readFileSync(path, 'utf8')) as Owner;
    return typeof owner.pid === 'number' ? { owner, signMs: statSync(path).mtimeMs } : undefined;
  } catch {
    return undefined;
  }
}

function isAlive({ host, pid, began }: Owner, lastSignMs: number): boolean {
  if (host !== hostname()) return Math.abs(Date.now() - lastSignMs) < silenceMs;
  const begins = beginningOf(pid);
  if (begins !== undefined) return begins === began;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return systemErrorCode(error) === 'EPERM';
  }
}

/** The boot and the tick at which a process began; empty for none of that number, undefined where the system does not tell. */
function beginningOf(pid: number): string | undefined {
  let boot: string;
  try {
    boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
  } catch {
    return undefined;
  }
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The name, in brackets, may have spaces; the beginning is the 20th field after it.
    return `${boot} ${stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]}`;
  } catch {
    return '';
  }
}
