import { fstatSync } from 'node:fs';
import { resolve } from 'node:path';
import { VaultMcpError } from '../errors.js';
import { readSource, readStateFile } from '../state/file/read-state-file.js';
import { Draft } from '../state/rules/draft.js';
import { type Merged, merge } from '../state/rules/merge.js';
import { shortestPrefix } from '../state/rules/revoke.js';
import { type StateView, tableNames } from '../state/schema.js';
import { openCommandStore } from '../state/store/open-command-store.js';
import { count } from '../words.js';
import { findBlindServer } from './blind-server.js';
import { exitCodes } from './errors.js';
import type { Io } from './io.js';
import { describeTotals, jsonVersion } from './state-output.js';
import { statePathOf } from './state-path.js';
import type { Terminal } from './terminal.js';

export interface ExportOptions {
  statePath?: string;
  client?: readonly string[];
}

/** Writes the state, or what belongs to some clients, as a state file. */
export async function exportState(options: ExportOptions, io: Io, terminal: Terminal): Promise<number> {
  const { view } = await readStateFile(statePathOf(options, io));
  const isWanted = wantedOf(view, options.client);
  const isWantedGrant = (id: string) => isWanted(view.grants.get(id)?.client_id ?? '');
  const tables = {
    clients: select(view.clients.entries(), (id) => isWanted(id)),
    grants: select(view.grants.entries(), (id) => isWantedGrant(id)),
    access_tokens: select(view.access_tokens.entries(), (_hash, token) => isWantedGrant(token.grant_id)),
    refresh_tokens: select(view.refresh_tokens.entries(), (_hash, token) => isWantedGrant(token.grant_id)),
  };
  const revoked = view.revokedBefore === undefined ? '' : `, "revoked_before": ${view.revokedBefore}`;
  const parts = tableNames.map((name) => `${JSON.stringify(name)}: {${tables[name].join(',')}}`);
  terminal.print(`{"version": 2${revoked},\n${parts.join(',\n')}}`);
  if (isOpenToOthers(io)) terminal.hint('other users can read the output file: run chmod 600 on it');
  return exitCodes.done;
}

function select<R>(entries: Iterable<[string, R]>, isWanted: (key: string, record: R) => boolean): string[] {
  const lines: string[] = [];
  for (const [key, record] of entries) {
    if (isWanted(key, record)) lines.push(`\n${JSON.stringify(key)}: ${JSON.stringify(record)}`);
  }
  return lines;
}

function isOpenToOthers({ stdout }: Io): boolean {
  if (stdout.fd === undefined || stdout.isTTY === true) return false;
  const stats = fstatSync(stdout.fd);
  return stats.isFile() && (stats.mode & 0o77) !== 0;
}

export interface ImportOptions extends ExportOptions {
  file: string;
  dryRun?: boolean;
  json?: boolean;
}

/** Adds what the file has and the state file does not; what was revoked in the state file stays so. */
export async function importState(options: ImportOptions, io: Io, terminal: Terminal): Promise<number> {
  const path = statePathOf(options, io);
  const { view: source } = await readSource(resolve(io.cwd, options.file));
  const isWanted = wantedOf(source, options.client);
  const dryRun = options.dryRun === true;
  if (dryRun) {
    tellMerged(merge(new Draft((await readStateFile(path)).view), source, isWanted), options, terminal);
    return exitCodes.done;
  }
  const store = await openCommandStore(path);
  try {
    tellMerged((await store.update((draft) => merge(draft, source, isWanted))).value, options, terminal);
    return await findBlindServer(store, [], io, terminal);
  } finally {
    await store.close();
  }
}

function tellMerged({ ended, ...added }: Merged, options: ImportOptions, terminal: Terminal): void {
  const dryRun = options.dryRun === true;
  if (options.json === true) {
    terminal.print(JSON.stringify({ json_version: jsonVersion, dry_run: dryRun, added, ended }));
    return;
  }
  terminal.print(`${dryRun ? 'would add' : 'added'} ${describeTotals(added)}`);
  if (ended.length > 0) {
    terminal.note(`did not add ${count(ended.length, 'grant')} that a revocation or a newer approval has ended`);
  }
}

/** Returns whether a client is wanted: all are, unless some are named by ID or the beginning of one. */
function wantedOf(view: StateView, named: readonly string[] | undefined): (clientId: string) => boolean {
  if (named === undefined) return () => true;
  const wanted = new Set<string>();
  for (const text of named) {
    const found = [...view.clients.entries()]
      .map(([id]) => id)
      .filter((id) => id === text || (text.length >= shortestPrefix && id.startsWith(text)));
    if (found.length === 0) {
      throw new VaultMcpError('client_not_found', `no client ID is or begins with ${JSON.stringify(text)}`, {
        hint: 'vault-mcp state inspect --long lists what there is',
      });
    }
    for (const id of found) wanted.add(id);
  }
  return (id) => wanted.has(id);
}
