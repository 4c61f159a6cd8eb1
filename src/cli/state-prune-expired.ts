import { displayText } from '../foreign-text.js';
import { readStateFile } from '../state/file/read-state-file.js';
import { Draft } from '../state/rules/draft.js';
import { type Pruned, pruneExpired } from '../state/rules/prune.js';
import { selectUnused } from '../state/rules/select.js';
import { countPruned, fingerprint } from '../state/rules/summary.js';
import type { StateView } from '../state/schema.js';
import { openCommandStore } from '../state/store/open-command-store.js';
import { findBlindServer } from './blind-server.js';
import { describeTime, parseDuration } from './durations.js';
import { exitCodes } from './errors.js';
import type { Io } from './io.js';
import { type Cell, planRows } from './layout.js';
import { describeTotals, jsonVersion, quotedName } from './state-output.js';
import { statePathOf } from './state-path.js';
import type { Terminal } from './terminal.js';

export interface PruneOptions {
  statePath?: string;
  unused?: string;
  dryRun?: boolean;
  json?: boolean;
  quiet?: boolean;
}

/** Removes what is expired from the state file, or lists it. */
export async function pruneState(options: PruneOptions, io: Io, terminal: Terminal): Promise<number> {
  const path = statePathOf(options, io);
  const unusedSeconds = options.unused === undefined ? undefined : parseDuration(options.unused, '--unused');
  if (options.dryRun === true) {
    const { view } = await readStateFile(path);
    const now = Math.floor(Date.now() / 1_000);
    const pruned = prune(new Draft(view), now, unusedSeconds);
    if (options.json === true) terminal.print(toJson(pruned, true));
    else if (options.quiet !== true) terminal.print(listPruned(view, pruned, now, terminal));
    return exitCodes.done;
  }
  const store = await openCommandStore(path);
  try {
    const { value: pruned } = await store.update((draft, { now }) => prune(draft, now, unusedSeconds));
    if (options.json === true) terminal.print(toJson(pruned, false));
    else if (options.quiet !== true) terminal.print(`removed ${describeTotals(countPruned(pruned))}`);
    return await findBlindServer(store, [...pruned.grants, ...pruned.clients], io, terminal);
  } finally {
    await store.close();
  }
}

function prune(draft: Draft, now: number, unusedSeconds: number | undefined): Pruned {
  const pruned = pruneExpired(draft, now);
  if (unusedSeconds === undefined) return pruned;
  const unused = selectUnused(draft, now - unusedSeconds);
  for (const id of unused) draft.clients.delete(id);
  return { ...pruned, clients: [...pruned.clients, ...unused] };
}

function toJson(pruned: Pruned, dryRun: boolean): string {
  return JSON.stringify({
    json_version: jsonVersion,
    dry_run: dryRun,
    counts: countPruned(pruned),
    clients: pruned.clients,
    grants: pruned.grants,
    access_tokens: pruned.access_tokens.map(fingerprint),
    refresh_tokens: pruned.refresh_tokens.map(fingerprint),
  });
}

function listPruned(view: StateView, pruned: Pruned, now: number, { style, width }: Terminal): string {
  const row = (kind: string, id: string, ...more: string[]): Cell[] => [
    { text: kind, paint: style.dim },
    { text: displayText(id, 2_000) },
    ...more.map((text) => ({ text })),
  ];
  const rows: Cell[][] = [];
  for (const id of pruned.clients) {
    const client = view.clients.get(id);
    const name = quotedName(client);
    rows.push(row('client', id, `registered ${describeTime(client?.client_id_issued_at ?? now, now)}`, name));
  }
  for (const id of pruned.grants) {
    const grant = view.grants.get(id);
    rows.push(
      row(
        'grant',
        id,
        `created ${describeTime(grant?.created_at ?? now, now)}`,
        `of ${displayText(grant?.client_id ?? '', 2_000)}`,
      ),
    );
  }
  for (const [table, kind] of [
    ['access_tokens', 'access'],
    ['refresh_tokens', 'refresh'],
  ] as const) {
    for (const hash of pruned[table]) {
      const expiresAt = view[table].get(hash)?.expires_at ?? undefined;
      const reason =
        expiresAt !== undefined && expiresAt <= now ? `expired ${describeTime(expiresAt, now)}` : 'its grant has ended';
      rows.push(row(kind, fingerprint(hash), reason));
    }
  }
  const write = planRows(rows, { width, indent: 2, hang: 11 });
  return [`would remove ${describeTotals(countPruned(pruned))}`, ...rows.map(write)].join('\n');
}
