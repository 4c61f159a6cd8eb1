import { VaultMcpError } from '../errors.js';
import { readStateFile } from '../state/file/read-state-file.js';
import {
  type ClientSummary,
  displayText,
  type GrantSummary,
  summarize,
  summarizeClients,
  type TokenSummary,
} from '../state/rules/summary.js';
import type { ClientRecord } from '../state/schema.js';
import { describeTime } from './durations.js';
import { exitCodes } from './errors.js';
import type { Io } from './io.js';
import { type Cell, count, planRows } from './layout.js';
import { describeTotals, jsonVersion } from './state-output.js';
import { statePathOf } from './state-path.js';
import type { Style, Terminal } from './terminal.js';

export interface InspectOptions {
  statePath?: string;
  client?: string;
  json?: boolean;
}

const shortestPrefix = 6;
const shownAccessTokens = 3;
const longestId = 2_000;
/** The columns are fit to this many clients; a longer cell further down pushes its own row aside. */
const columnSample = 500;
const linesAtOnce = 500;

/** Shows what the state file has, and changes nothing. */
export async function inspectState(options: InspectOptions, io: Io, terminal: Terminal): Promise<number> {
  const path = statePathOf(options, io);
  const { view, version, sizeBytes, mode, modifiedMs } = await readStateFile(path);
  const now = Math.floor(Date.now() / 1_000);
  const only = options.client;
  const isShown = ({ client_id: id }: ClientRecord) => only === undefined || matches(id, only);
  if (only !== undefined && ![...view.clients.entries()].some(([, client]) => isShown(client))) {
    throw new VaultMcpError('client_not_found', `no client is or starts with ${JSON.stringify(only)}`, {
      hint: `name an ID that inspect lists, or its first ${shortestPrefix} characters or more`,
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
  if (options.json === true) {
    const head = JSON.stringify({ json_version: jsonVersion, now, file, ...summary }).slice(0, -1);
    const clients = [...jsonOf(summarizeClients(view, now, isShown))];
    terminal.print(`${head},"clients":[${clients.join(',')}]}`);
    return exitCodes.done;
  }
  const size = sizeBytes < 1024 ? `${sizeBytes} bytes` : `${(sizeBytes / 1024).toFixed(1)} KiB`;
  terminal.print(terminal.style.bold(path));
  terminal.print(`version ${version}, ${size}, mode ${file.mode}, saved ${describeTime(file.modified_at, now)}\n`);
  let lines: string[] = [];
  for (const line of describeClients(summarizeClients(view, now, isShown), now, terminal)) {
    lines.push(line);
    if (lines.length < linesAtOnce) continue;
    terminal.print(lines.join('\n'));
    lines = [];
  }
  if (summary.revoked_before !== null)
    lines.push(`everything was revoked ${describeTime(summary.revoked_before, now)}`);
  lines.push(describeTotals(summary.totals, true), `prune-expired would remove ${describeTotals(summary.prunable)}`);
  terminal.print(lines.join('\n'));
  return exitCodes.done;
}

/** One after the other: ten thousand clients at once cost more in memory than their text. */
function* jsonOf(clients: Iterable<ClientSummary>): Iterable<string> {
  for (const client of clients) yield JSON.stringify(client);
}

function matches(id: string, text: string): boolean {
  return id === text || (text.length >= shortestPrefix && id.startsWith(text));
}

/** One block a client: its name and where it redirects to, then itself, its grants, and their tokens. */
function* describeClients(clients: Iterable<ClientSummary>, now: number, { style, width }: Terminal): Iterable<string> {
  const iterator = clients[Symbol.iterator]();
  const sample = take(iterator, columnSample);
  const writeOwner = planRows(ownerRows(sample, now, style), { width, indent: 2, hang: 11 });
  const writeToken = planRows(allTokenRows(sample, now, style), { width, indent: 11, hang: 13 });
  for (let shown = sample; shown.length > 0; shown = take(iterator, columnSample)) {
    for (const client of shown) {
      const name = style.bold(client.name === null ? '(no name)' : `"${client.name}"`);
      yield `${name}  ${describeHosts(client.redirect_hosts)}`;
      yield writeOwner(clientRow(client, now, style));
      for (const grant of client.grants) {
        yield writeOwner(grantRow(grant, now, style));
        for (const row of tokenRows(grant, now, style)) yield writeToken(row);
        const rest = describeRest(grant);
        if (rest !== '') yield `${' '.repeat(11)}${style.dim(rest)}`;
      }
      yield '';
    }
  }
}

function take<T>(iterator: Iterator<T>, count: number): T[] {
  const taken: T[] = [];
  while (taken.length < count) {
    const next = iterator.next();
    if (next.done === true) break;
    taken.push(next.value);
  }
  return taken;
}

function* ownerRows(clients: readonly ClientSummary[], now: number, style: Style): Iterable<Cell[]> {
  for (const client of clients) {
    yield clientRow(client, now, style);
    for (const grant of client.grants) yield grantRow(grant, now, style);
  }
}

function* allTokenRows(clients: readonly ClientSummary[], now: number, style: Style): Iterable<Cell[]> {
  for (const client of clients) for (const grant of client.grants) yield* tokenRows(grant, now, style);
}

const shownHosts = 3;

function describeHosts(hosts: readonly string[]): string {
  const more = hosts.length - shownHosts;
  return more > 0 ? `${hosts.slice(0, shownHosts).join(', ')} and ${more} more` : hosts.join(', ');
}

function clientRow(client: ClientSummary, now: number, style: Style): Cell[] {
  const used = client.last_used_at ?? client.approved_at;
  const row: Cell[] = [
    { text: 'client ', paint: style.dim },
    { text: displayText(client.client_id, longestId) },
    { text: `registered ${describeTime(client.registered_at, now)}` },
    used === null
      ? { text: 'never approved', paint: style.warn }
      : { text: client.last_used_at === null ? 'not used' : `used ${describeTime(client.last_used_at, now)}` },
  ];
  if (client.revoked_before !== null) {
    row.push({ text: `revoked ${describeTime(client.revoked_before, now)}`, paint: style.bad });
  }
  return row;
}

function grantRow(grant: GrantSummary, now: number, style: Style): Cell[] {
  const how = grant.origin === 'import' ? 'imported' : 'created';
  return [
    { text: 'grant', paint: style.dim },
    { text: displayText(grant.grant_id, longestId) },
    { text: `${how} ${describeTime(grant.created_at, now)}` },
    { text: `used ${describeTime(grant.last_used_at, now)}` },
    grant.live
      ? { text: displayText(grant.scopes.join(' '), longestId) }
      : { text: 'dead: no token lives', paint: style.warn },
  ];
}

/** The live tokens, the longest-lived first. */
function tokenRows(grant: GrantSummary, now: number, style: Style): Cell[][] {
  const refresh: Cell[][] = [];
  const access: Cell[][] = [];
  for (let index = grant.tokens.length - 1; index >= 0; index -= 1) {
    const token = grant.tokens[index];
    if (token?.status !== 'live') continue;
    const rows = token.kind === 'refresh' ? refresh : access;
    if (token.kind === 'refresh' || access.length < shownAccessTokens) rows.push(tokenRow(token, now, style));
  }
  return [...refresh, ...access];
}

function tokenRow(token: TokenSummary, now: number, style: Style): Cell[] {
  const expiry =
    token.expires_at === null
      ? { text: 'never expires' }
      : { text: `expires ${describeTime(token.expires_at, now)}`, paint: style.good };
  return [{ text: token.kind, paint: style.dim }, { text: token.fingerprint }, expiry];
}

/** A word on the tokens that have no row. */
function describeRest({ tokens }: GrantSummary): string {
  let further = -shownAccessTokens;
  let spent = 0;
  let expired = 0;
  for (const { kind, status } of tokens) {
    if (status === 'spent') spent += 1;
    else if (status === 'expired') expired += 1;
    else if (kind === 'access') further += 1;
  }
  const parts: string[] = [];
  if (further > 0) parts.push(count(further, 'further access token'));
  if (spent > 0) parts.push(`${count(spent, 'refresh token')} rotated away`);
  if (expired > 0) parts.push(`${expired} expired`);
  return parts.join(', ');
}
