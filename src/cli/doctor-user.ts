import { spawnSync } from 'node:child_process';
import { userInfo } from 'node:os';
import { UsageError } from './errors.js';

/** Makes this process the user `name`, for good; throws UsageError when that cannot be. */
export function becomeUser(name: string): void {
  if (name === currentUser()) return;
  if (process.geteuid?.() !== 0) throw new UsageError('--user needs root', `run it as ${name}, or by sudo`);
  try {
    // Only of the effective user does Node tell the group.
    process.seteuid?.(/^\d+$/.test(name) ? Number(name) : name);
    const { uid, gid } = userInfo();
    process.seteuid?.(0);
    // Of the declared types this one is missing.
    (process as { initgroups?: (user: number, group: number) => void }).initgroups?.(uid, gid);
    process.setgid?.(gid);
    process.setuid?.(uid);
  } catch (error) {
    throw new UsageError(`--user: ${JSON.stringify(name)} cannot be used: ${(error as Error).message}`, 'name a user');
  }
}

/** Returns whether this machine knows a user; DynamicUser= makes one that it does not know yet. */
export function isUser(name: string): boolean {
  return spawnSync('id', ['-u', '--', name], { stdio: 'ignore' }).status === 0;
}

/** Returns who this process is, by name where there is one. */
export function currentUser(): string {
  try {
    return userInfo().username;
  } catch {
    return `user ${process.geteuid?.() ?? 'unknown'}`;
  }
}
