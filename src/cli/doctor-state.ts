import { readdir, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { createGrantCheck, createResourceCheck } from '../oauth/resource.js';
import { readStateFile } from '../state/file/read-state-file.js';
import type { GrantRecord } from '../state/schema.js';
import { count, listWords } from '../words.js';
import { type Check, findingsOf } from './doctor-check.js';
import type { ServeSettings } from './serve-settings.js';

/** What doctor looks at in a state file that can be read, and beside it. */
export interface StateFacts {
  readonly path: string;
  readonly grants: readonly GrantRecord[];
  /** The newest moment that the file knows of, in seconds since the epoch. */
  readonly newest: number;
  /** Copies of the file in its folder, the newest last. */
  readonly copies: readonly { readonly name: string; readonly mode: number }[];
}

/** Returns the facts, or undefined where there is no file or none that can be read: the check of the file itself says why. */
export async function readFacts({ options }: ServeSettings): Promise<StateFacts | undefined> {
  const { statePath: path } = options;
  if (path === undefined) return undefined;
  try {
    const { view } = await readStateFile(path);
    const grants = [...view.grants.entries()].map(([, grant]) => grant);
    let newest = 0;
    for (const grant of grants) newest = Math.max(newest, grant.created_at, grant.last_used_at);
    for (const [, client] of view.clients.entries()) newest = Math.max(newest, client.client_id_issued_at);
    return { path, grants, newest, copies: await findCopies(path) };
  } catch {
    return undefined;
  }
}

const ownFile = /^\.(lock|pin|catalogue([-.].+)?|search-index(\.vectors)?)$/;

async function findCopies(path: string): Promise<StateFacts['copies']> {
  const name = basename(path);
  const names = (await readdir(dirname(path))).filter((each) => each.startsWith(`${name}.`) || each === `${name}~`);
  const found: { name: string; mode: number; modifiedMs: number }[] = [];
  for (const each of names.filter((copy) => !ownFile.test(copy.slice(name.length)))) {
    const stats = await stat(join(dirname(path), each)).catch(() => undefined);
    if (stats?.isFile() === true) found.push({ name: each, mode: stats.mode, modifiedMs: stats.mtimeMs });
  }
  return found.sort((a, b) => a.modifiedMs - b.modifiedMs);
}

/** A grant holds for one URL: under a new one, its client has to be approved again. */
export function checkGrants(facts: StateFacts | undefined, issuerUrls: readonly string[]): Check {
  const [issuerUrl = ''] = issuerUrls;
  const finding = findingsOf('grants');
  if (facts === undefined || facts.grants.length === 0) return finding.skipped('there are none yet');
  const isOurs = createGrantCheck(createResourceCheck(issuerUrls));
  const others = facts.grants.filter((grant) => !isOurs(grant));
  if (others.length === 0) {
    return finding.ok(`${count(facts.grants.length, 'grant')}, for ${issuerUrl}`);
  }
  const urls = [...new Set(others.map(({ resource }) => JSON.stringify(resource)))];
  const shown = listWords([...urls.slice(0, 3), ...(urls.length > 3 ? [`${urls.length - 3} more`] : [])]);
  return finding.warning(
    `${others.length} of ${count(facts.grants.length, 'grant')} ${others.length === 1 ? 'is' : 'are'} for another URL: ${shown}`,
    `correct --issuer-url (${issuerUrl} here), keep the former URL with --also-issuer, or approve these clients again`,
  );
}

/** Copies hold names and hashes; who can write one and has it put back lets clients in. */
export function checkCopies(facts: StateFacts | undefined): Check {
  const finding = findingsOf('copies');
  if (facts === undefined) return finding.skipped('there is no state file to copy yet');
  const { copies, path } = facts;
  const folder = dirname(path);
  const open = copies.find(({ mode }) => (mode & 0o77) !== 0);
  if (open !== undefined) {
    const file = join(folder, open.name);
    return finding.failed(`${file} is open to other users`, `chmod 600 ${file}`);
  }
  const damaged = copies.filter((copy) => copy.name.includes('.corrupt-'));
  const newest = damaged.at(-1);
  if (newest !== undefined) {
    return finding.warning(
      `${count(damaged.length, 'damaged copy', 'damaged copies')} in ${folder}, the newest is ${newest.name}`,
      'restore what is missing from it, or remove it',
    );
  }
  const message =
    copies.length === 0
      ? `none in ${folder}; you can make a backup with cp -p at any time`
      : `${count(copies.length, 'copy', 'copies')} in ${folder}`;
  return finding.ok(message);
}

const daySeconds = 24 * 3600;

/** Returns a failure when the clock is behind what the file knows by more than a day: nothing expires as it should then. */
export function checkFileClock(facts: StateFacts | undefined, nowMs: number): Check | undefined {
  const behind = (facts?.newest ?? 0) - nowMs / 1_000;
  if (behind <= daySeconds) return undefined;
  return findingsOf('clock').failed(
    `${Math.round(behind / daySeconds)} days behind the newest time in ${facts?.path}`,
    'switch time synchronisation on, such as systemd-timesyncd',
  );
}
