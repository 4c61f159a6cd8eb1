import { VaultMcpError } from '../errors.js';
import { readStateFile } from '../state/file/read-state-file.js';
import { type ClientSummary, summarize, summarizeClients } from '../state/rules/summary.js';
import type { ClientRecord } from '../state/schema.js';
import { count } from '../words.js';
import { describeTime, parseDuration } from './durations.js';
import { exitCodes } from './errors.js';
import { describeClients } from './inspect-blocks.js';
import {
  collectLogins,
  createOwnCheck,
  describeLogins,
  describeRegistrations,
  type Login,
  type LoginTable,
  sortOrders,
  uniquePrefixes,
} from './inspect-logins.js';
import type { Io } from './io.js';
import { describeTotals, jsonVersion } from './state-output.js';
import { statePathOf } from './state-path.js';
import type { Terminal } from './terminal.js';

export interface InspectOptions {
  statePath?: string;
  client?: string;
  name?: string;
  idle?: string;
  expired?: boolean;
  neverApproved?: boolean;
  sort?: keyof typeof sortOrders;
  long?: boolean;
  absolute?: boolean;
  json?: boolean;
}

const shortestPrefix = 6;
const linesAtOnce = 500;

/** Shows what the state file has, and changes nothing. */
export async function inspectState(options: InspectOptions, io: Io, terminal: Terminal): Promise<number> {
  const path = statePathOf(options, io);
  const idleSeconds = options.idle === undefined ? undefined : parseDuration(options.idle, '--idle');
  const { view, version, sizeBytes, mode, modifiedMs } = await readStateFile(path);
  const now = Math.floor(Date.now() / 1_000);
  const isNamed = namedBy(options);
  if (options.client !== undefined && ![...view.clients.entries()].some(([, client]) => isNamed(client))) {
    throw new VaultMcpError('client_not_found', `no client ID is or begins with ${JSON.stringify(options.client)}`, {
      hint: `name an ID that inspect --long lists, or its first ${shortestPrefix} characters or more`,
    });
  }
  const file = {
    path,
    version,
    size_bytes: sizeBytes,
    mode: (mode & 0o7777).toString(8).padStart(4, '0'),
    modified_at: Math.floor(modifiedMs / 1_000),
  };
  if ((mode & 0o77) !== 0) {
    terminal.warn(`${path} is open to other users (mode ${file.mode})`);
    terminal.hint(`chmod 600 ${path}`);
  }
  const summary = summarize(view, now);
  const isShown = ({ grants, approved_at: approvedAt, last_used_at: usedAt }: ClientSummary) => {
    if (options.neverApproved === true) return approvedAt === null && usedAt === null && grants.length === 0;
    if (options.expired === true && !grants.some((grant) => !grant.live)) return false;
    return idleSeconds === undefined || grants.some((grant) => grant.last_used_at <= now - idleSeconds);
  };
  if (options.json === true) {
    const clients = filter(summarizeClients(view, now, isNamed), isShown);
    const head = JSON.stringify({ json_version: jsonVersion, now, file, ...summary }).slice(0, -1);
    terminal.print(`${head},"clients":[${[...jsonOf(clients)].join(',')}]}`);
    return exitCodes.done;
  }
  const tell = options.absolute === true ? tellAbsolute : (time: number) => describeTime(time, now);
  const size = sizeBytes < 1024 ? `${sizeBytes} bytes` : `${(sizeBytes / 1024).toFixed(1)} KiB`;
  // Once for all: ten thousand of them cost most of the time.
  const everybody = [...summarizeClients(view, now, undefined, options.long === true)];
  const clients = everybody.filter((client) => isNamed(view.clients.get(client.client_id)) && isShown(client));
  const all = collectLogins(everybody);
  terminal.print(terminal.style.bold(path));
  terminal.print(`version ${version}, ${size}, mode ${file.mode}, saved ${tell(file.modified_at)}`);
  const isOurs = createOwnCheck(all.logins, io.env['OAUTH_ISSUER_URL'], io.env['OAUTH_ALSO_ISSUER']);
  terminal.print(describeSummary(all.logins, all.registrations.length, { now, isOurs }));
  if (summary.revoked_before !== null) terminal.print(`everything was revoked ${tell(summary.revoked_before)}`);
  terminal.print(`prune-expired would remove ${describeTotals(summary.prunable)}\n`);
  if (options.long === true) {
    printLines(describeClients(clients, tell, terminal), terminal);
    terminal.print(describeTotals(summary.totals, true));
    return exitCodes.done;
  }
  const { logins, registrations } = clients.length === everybody.length ? all : collectLogins(clients);
  const isFit = ({ grant }: Login) =>
    grant.live !== (options.expired === true) && (idleSeconds === undefined || grant.last_used_at <= now - idleSeconds);
  const shown = logins.filter(isFit).sort(sortOrders[options.sort ?? 'used']);
  const shortIds = uniquePrefixes(all.logins.map(({ grant }) => grant.grant_id));
  const table = { now, absolute: options.absolute === true, isOurs, shortIds };
  if (options.neverApproved === true) printLines(describeRegistrations(registrations, table, terminal), terminal);
  else if (shown.length > 0) printLines(describeLogins(shown, table, terminal), terminal);
  else if (logins.length > 0 || isFiltered(options)) terminal.print('no login fits');
  return exitCodes.done;
}

function namedBy({ client, name }: InspectOptions): (record: ClientRecord | undefined) => boolean {
  const wanted = name?.toLowerCase();
  return (record) => {
    if (client === undefined && wanted === undefined) return true;
    if (record === undefined) return false;
    const { client_id: id, client_name: clientName, redirect_uris: uris } = record;
    if (client !== undefined && id !== client && !(client.length >= shortestPrefix && id.startsWith(client)))
      return false;
    return wanted === undefined || [clientName ?? '', ...uris].some((text) => text.toLowerCase().includes(wanted));
  };
}

function isFiltered({ client, name, idle, expired }: InspectOptions): boolean {
  return [client, name, idle, expired].some((filter) => filter !== undefined);
}

const idleDays = 30;

function describeSummary(
  logins: readonly Login[],
  registrations: number,
  { now, isOurs }: Pick<LoginTable, 'now' | 'isOurs'>,
): string {
  const live = logins.filter(({ grant }) => grant.live);
  const clients = new Set(live.map(({ client }) => client.client_id)).size;
  const idle = live.filter(({ grant }) => grant.last_used_at <= now - idleDays * 24 * 3600).length;
  const others = logins.filter(({ grant }) => !isOurs(grant)).length;
  const parts = [
    live.length === 0 ? 'nobody is logged in' : `${count(live.length, 'login')} of ${count(clients, 'client')}`,
    ...(idle > 0 ? [`${idle} not used for ${idleDays} days`] : []),
    ...(logins.length > live.length ? [`${logins.length - live.length} expired`] : []),
    ...(others > 0 ? [`${others} for another URL (marked !)`] : []),
    ...(registrations > 0 ? [`${count(registrations, 'registration')} without a login`] : []),
  ];
  return parts.join(', ');
}

/** In UTC, as the log has it. */
function tellAbsolute(time: number): string {
  return new Date(time * 1_000).toISOString().replace(/:\d\d\.000Z$/, 'Z');
}

function* filter(
  clients: Iterable<ClientSummary>,
  isShown: (client: ClientSummary) => boolean,
): Iterable<ClientSummary> {
  for (const client of clients) if (isShown(client)) yield client;
}

/** One after the other: ten thousand clients at once cost more in memory than their text. */
function* jsonOf(clients: Iterable<ClientSummary>): Iterable<string> {
  for (const client of clients) yield JSON.stringify(client);
}

function printLines(lines: Iterable<string>, terminal: Terminal): void {
  let batch: string[] = [];
  for (const line of lines) {
    batch.push(line);
    if (batch.length < linesAtOnce) continue;
    terminal.print(batch.join('\n'));
    batch = [];
  }
  if (batch.length > 0) terminal.print(batch.join('\n'));
}
