import { displayName, displayText } from '../foreign-text.js';
import { sha256Hex } from '../hash.js';
import { readStateFile } from '../state/file/read-state-file.js';
import { Draft } from '../state/rules/draft.js';
import { type Revoked, type RevokeTarget, revoke } from '../state/rules/revoke.js';
import { type LoginFilter, selectClients, selectGrants, selectUnused } from '../state/rules/select.js';
import { redirectHosts } from '../state/rules/summary.js';
import type { ClientRecord, StateView } from '../state/schema.js';
import { openCommandStore } from '../state/store/open-command-store.js';
import { count, listWords } from '../words.js';
import { findBlindServer } from './blind-server.js';
import { parseDuration } from './durations.js';
import { exitCodes, UsageError } from './errors.js';
import type { Io } from './io.js';
import { describeTotals, jsonVersion, quotedName } from './state-output.js';
import { statePathOf } from './state-path.js';
import type { Terminal } from './terminal.js';

export interface RevokeOptions {
  statePath?: string;
  client?: readonly string[];
  grant?: readonly string[];
  token?: readonly string[];
  tokenStdin?: boolean;
  name?: string;
  idle?: string;
  olderThan?: string;
  forget?: boolean;
  forgetUnused?: boolean;
  all?: boolean;
  dryRun?: boolean;
  yes?: boolean;
  json?: boolean;
}

const longestTokenBytes = 16 * 1024;

/** What to end: named one by one, or all that fits a filter. */
interface Plan {
  readonly named: readonly RevokeTarget[];
  readonly filter: LoginFilter | undefined;
  readonly forget: boolean;
  readonly forgetUnused: boolean;
}

/** Ends what the options name, or tells what would end. */
export async function revokeAccess(options: RevokeOptions, io: Io, terminal: Terminal): Promise<number> {
  const path = statePathOf(options, io);
  checkOptions(options);
  const plan = await readPlan(options, io);
  const dryRun = options.dryRun === true;
  if (options.all === true && !dryRun && options.yes !== true && !(await confirmAll(path, terminal))) {
    terminal.note('nothing was changed');
    return exitCodes.failed;
  }
  if (dryRun) {
    tell(await tryRevocation(path, plan), options, terminal);
    return exitCodes.done;
  }
  const store = await openCommandStore(path);
  try {
    const { value } = await store.update((draft, { now }) => end(draft, plan, now));
    tell(value, options, terminal);
    const named = plan.named.flatMap((target) =>
      target.kind === 'client' || target.kind === 'grant' ? target.id : [],
    );
    return await findBlindServer(store, [...value.revoked.grants, ...value.revoked.clients, ...named], io, terminal);
  } finally {
    await store.close();
  }
}

function tell({ revoked, clients }: Outcome, options: RevokeOptions, terminal: Terminal): void {
  const dryRun = options.dryRun === true;
  if (options.json === true) {
    terminal.print(JSON.stringify({ json_version: jsonVersion, dry_run: dryRun, ...revoked }));
  } else {
    terminal.print(describe(revoked, clients, dryRun));
    if (!dryRun && revoked.grants.length > 0) {
      terminal.hint(
        revoked.forgotten.length > 0
          ? 'to undo this, remove the connector in the app, add it again, and approve it'
          : 'to undo this, connect in the app again, and approve it',
      );
    }
  }
  if (options.name !== undefined && revoked.grants.length === 0) {
    terminal.hint('no login has exactly this name; state inspect shows the names and grants, --grant ends one');
  }
  if (!revoked.matched && options.token !== undefined) terminal.hint('to revoke a whole token, use --token-stdin');
  if (options.all === true) {
    terminal.note('access through Cloudflare Access is not in this file, and is not affected');
  }
}

interface Outcome {
  revoked: Revoked;
  /** The clients touched, as people know them. */
  clients: string[];
}

async function tryRevocation(path: string, plan: Plan): Promise<Outcome> {
  const { view } = await readStateFile(path);
  return end(new Draft(view), plan, Math.floor(Date.now() / 1_000));
}

function end(draft: Draft, plan: Plan, now: number): Outcome {
  const known = new Map(draft.clients.entries());
  const revoked = revoke(draft, [...plan.named, ...select(draft, plan, now)], now);
  const unused = plan.forgetUnused ? selectUnused(draft, now) : [];
  const forgotten = revoke(
    draft,
    unused.map((id) => ({ kind: 'client', id, forget: true })),
    now,
  );
  const clients = [...new Set([...revoked.clients, ...forgotten.clients])];
  return {
    clients: clients.map((id) => describeClient(id, known.get(id))),
    revoked: {
      ...revoked,
      matched: revoked.matched || forgotten.matched,
      clients,
      forgotten: [...revoked.forgotten, ...forgotten.forgotten],
    },
  };
}

/** A client that is named ends as a whole, with what is being approved for it; by age, only the logins that fit do. */
function select(view: StateView, { filter, forget }: Plan, now: number): RevokeTarget[] {
  if (filter === undefined) return [];
  if (filter.name !== undefined && filter.idleSeconds === undefined && filter.olderThanSeconds === undefined) {
    return selectClients(view, filter.name).map((id) => ({ kind: 'client', id, forget }));
  }
  return selectGrants(view, filter, now).map((id) => ({ kind: 'grant', id }));
}

function describeClient(id: string, client: ClientRecord | undefined): string {
  const hosts = client === undefined ? [] : redirectHosts(client);
  const about = [...hosts.slice(0, 1), displayText(id, 2_000)].join(', ');
  return `${quotedName(client)} (${about})`;
}

function checkOptions(options: RevokeOptions): void {
  const { client, grant, token, tokenStdin, name, idle, olderThan, all, forget, forgetUnused } = options;
  const isNamed = [client, grant, token, tokenStdin].some((target) => target !== undefined);
  const isAged = idle !== undefined || olderThan !== undefined;
  const isFiltered = name !== undefined || isAged;
  if (!isNamed && !isFiltered && all === undefined && forgetUnused === undefined) {
    throw new UsageError(
      'nothing to revoke is named',
      'use --client, --grant, --token, --token-stdin, --name, --idle, --older-than, --forget-unused or --all',
    );
  }
  if (isNamed && isFiltered) {
    throw new UsageError(
      '--name, --idle and --older-than cannot be combined with --client, --grant or --token',
      'run the command twice',
    );
  }
  if (name !== undefined && displayName(name) === '') {
    throw new UsageError('--name is empty', 'for a client without a name, use --client or --grant');
  }
  if (forget === true && client === undefined && (name === undefined || isAged)) {
    throw new UsageError('--forget needs --client or --name', 'it deletes the registration of that client');
  }
}

async function readPlan(options: RevokeOptions, io: Io): Promise<Plan> {
  const { client = [], grant = [], token = [], name, idle, olderThan } = options;
  const forget = options.forget === true;
  const filter: LoginFilter = {
    ...(name === undefined ? {} : { name }),
    ...(idle === undefined ? {} : { idleSeconds: parseDuration(idle, '--idle') }),
    ...(olderThan === undefined ? {} : { olderThanSeconds: parseDuration(olderThan, '--older-than') }),
  };
  const named: RevokeTarget[] = [
    ...client.map((id): RevokeTarget => ({ kind: 'client', id, forget })),
    ...grant.map((id): RevokeTarget => ({ kind: 'grant', id })),
    ...token.map((text): RevokeTarget => ({ kind: 'token', hash: text, ofToken: sha256Hex(text) })),
  ];
  if (options.all === true) named.push({ kind: 'all' });
  if (options.tokenStdin === true) named.push({ kind: 'token', hash: sha256Hex(await readToken(io)) });
  return {
    named,
    filter: Object.keys(filter).length === 0 ? undefined : filter,
    forget,
    forgetUnused: options.forgetUnused === true,
  };
}

async function readToken(io: Io): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of io.stdin) {
    const bytes = Buffer.from(chunk as Uint8Array);
    chunks.push(bytes);
    size += bytes.byteLength;
    if (size > longestTokenBytes || (io.stdin.isTTY === true && bytes.includes(0x0a))) break;
  }
  const token = Buffer.concat(chunks).toString('utf8').trim();
  if (token !== '' && !/\s/.test(token) && size <= longestTokenBytes) return token;
  throw new UsageError('standard input does not have a token', 'pass the token alone, as in --token-stdin < file');
}

/** Asks before anything is locked: an open question must not hold the server up. */
async function confirmAll(path: string, terminal: Terminal): Promise<boolean> {
  if (!terminal.canAsk) {
    throw new UsageError('--all asks for confirmation, but there is no terminal', 'use --yes');
  }
  const { view } = await readStateFile(path);
  const totals = {
    clients: 0,
    grants: view.grants.size,
    access_tokens: view.access_tokens.size,
    refresh_tokens: view.refresh_tokens.size,
  };
  return await terminal.confirm(`End ${describeTotals(totals)} in ${path}? Every client has to be approved again.`);
}

const shownClients = 5;

function describe(revoked: Revoked, clients: readonly string[], dryRun: boolean): string {
  if (!revoked.matched) return 'nothing to revoke';
  const tokens = [
    ...(revoked.access_tokens > 0 ? [count(revoked.access_tokens, 'access token')] : []),
    ...(revoked.refresh_tokens > 0 ? [count(revoked.refresh_tokens, 'refresh token')] : []),
  ];
  const ended = [
    ...(revoked.grants.length > 0 || tokens.length === 0 ? [count(revoked.grants.length, 'grant')] : []),
    ...tokens,
  ];
  const more = clients.length - shownClients;
  const shown = [...clients.slice(0, shownClients), ...(more > 0 ? [count(more, 'more client')] : [])];
  const whose = clients.length === 0 ? '' : ` of ${listWords(shown)}`;
  const registrations =
    revoked.forgotten.length === 1 ? 'the registration' : `${revoked.forgotten.length} registrations`;
  const forgotten = revoked.forgotten.length > 0 ? `, and ${dryRun ? 'forget' : 'forgot'} ${registrations}` : '';
  return `${dryRun ? 'would end' : 'ended'} ${listWords(ended)}${whose}${forgotten}`;
}
