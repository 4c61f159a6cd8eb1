import { displayText } from '../foreign-text.js';
import type { ClientSummary, GrantSummary, TokenSummary } from '../state/rules/summary.js';
import { count } from '../words.js';
import { type Cell, planRows } from './layout.js';
import type { Style, Terminal } from './terminal.js';

const shownAccessTokens = 3;
const longestId = 2_000;
/** The columns are fit to this many clients; a longer cell further down pushes its own row aside. */
const columnSample = 500;

/** Tells a moment, in seconds since the epoch. */
export type TellTime = (time: number) => string;

/** One block a client: its name and where it redirects to, then itself, its grants, and their tokens. */
export function* describeClients(
  clients: Iterable<ClientSummary>,
  tell: TellTime,
  { style, width }: Pick<Terminal, 'style' | 'width'>,
): Iterable<string> {
  const iterator = clients[Symbol.iterator]();
  const sample = take(iterator, columnSample);
  const writeOwner = planRows(ownerRows(sample, tell, style), { width, indent: 2, hang: 11 });
  const writeToken = planRows(allTokenRows(sample, tell, style), { width, indent: 11, hang: 13 });
  for (let shown = sample; shown.length > 0; shown = take(iterator, columnSample)) {
    for (const client of shown) {
      const name = style.bold(client.name === null ? '(no name)' : `"${client.name}"`);
      yield `${name}  ${describeHosts(client.redirect_hosts)}`;
      yield writeOwner(clientRow(client, tell, style));
      for (const grant of client.grants) {
        yield writeOwner(grantRow(grant, tell, style));
        for (const line of describeOrigins(grant)) yield `${' '.repeat(11)}${style.dim(line)}`;
        for (const row of tokenRows(grant, tell, style)) yield writeToken(row);
        const rest = describeRest(grant);
        if (rest !== '') yield `${' '.repeat(11)}${style.dim(rest)}`;
      }
      yield '';
    }
  }
}

/** From where it was approved and used last, each on a line of its own: user agents are long. */
function describeOrigins(grant: GrantSummary): string[] {
  const line = (what: string, address: string | null, agent: string | null) =>
    address === null ? [] : [`${what} from ${address}${agent === null ? '' : `, ${agent}`}`];
  return [
    ...line('approved', grant.approved_address, grant.approved_user_agent),
    ...line('used', grant.last_used_address, grant.last_used_user_agent),
  ];
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

function* ownerRows(clients: readonly ClientSummary[], tell: TellTime, style: Style): Iterable<Cell[]> {
  for (const client of clients) {
    yield clientRow(client, tell, style);
    for (const grant of client.grants) yield grantRow(grant, tell, style);
  }
}

function* allTokenRows(clients: readonly ClientSummary[], tell: TellTime, style: Style): Iterable<Cell[]> {
  for (const client of clients) for (const grant of client.grants) yield* tokenRows(grant, tell, style);
}

const shownHosts = 3;

function describeHosts(hosts: readonly string[]): string {
  const more = hosts.length - shownHosts;
  return more > 0 ? `${hosts.slice(0, shownHosts).join(', ')} and ${more} more` : hosts.join(', ');
}

function clientRow(client: ClientSummary, tell: TellTime, style: Style): Cell[] {
  const used = client.last_used_at ?? client.approved_at;
  const row: Cell[] = [
    { text: 'client ', paint: style.dim },
    { text: displayText(client.client_id, longestId) },
    { text: `registered ${tell(client.registered_at)}` },
    used === null
      ? { text: 'never approved', paint: style.warn }
      : { text: client.last_used_at === null ? 'not used' : `used ${tell(client.last_used_at)}` },
  ];
  if (client.revoked_before !== null) {
    row.push({ text: `revoked ${tell(client.revoked_before)}`, paint: style.bad });
  }
  return row;
}

function grantRow(grant: GrantSummary, tell: TellTime, style: Style): Cell[] {
  const how = grant.origin === 'import' ? 'imported' : 'created';
  return [
    { text: 'grant', paint: style.dim },
    { text: displayText(grant.grant_id, longestId) },
    { text: `${how} ${tell(grant.created_at)}` },
    { text: `used ${tell(grant.last_used_at)}` },
    grant.live
      ? { text: displayText(grant.scopes.join(' '), longestId) }
      : { text: 'no valid token', paint: style.warn },
  ];
}

/** The live tokens, the longest-lived first. */
function tokenRows(grant: GrantSummary, tell: TellTime, style: Style): Cell[][] {
  const refresh: Cell[][] = [];
  const access: Cell[][] = [];
  for (let index = grant.tokens.length - 1; index >= 0; index -= 1) {
    const token = grant.tokens[index];
    if (token?.status !== 'live') continue;
    const rows = token.kind === 'refresh' ? refresh : access;
    if (token.kind === 'refresh' || access.length < shownAccessTokens) rows.push(tokenRow(token, tell, style));
  }
  return [...refresh, ...access];
}

function tokenRow(token: TokenSummary, tell: TellTime, style: Style): Cell[] {
  const expiry =
    token.expires_at === null
      ? { text: 'never expires' }
      : { text: `expires ${tell(token.expires_at)}`, paint: style.good };
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
