import { displayText } from '../foreign-text.js';
import type { ClientSummary, GrantSummary } from '../state/rules/summary.js';
import { ageOf } from './durations.js';
import { cutToWidth, displayWidth } from './layout.js';
import type { Style, Terminal } from './terminal.js';

/** One approval of a client, as one line shows it. */
export interface Login {
  readonly client: ClientSummary;
  readonly grant: GrantSummary;
}

export interface LoginTable {
  readonly now: number;
  /** Times in UTC in place of ages. */
  readonly absolute: boolean;
  readonly isOurs: (grant: GrantSummary) => boolean;
  /** What names each grant among all of the file. */
  readonly shortIds: ReadonlyMap<string, string>;
}

type Order = (a: Login, b: Login) => number;

/** By the name of `--sort`. */
export const sortOrders = {
  used: (a, b) => b.grant.last_used_at - a.grant.last_used_at,
  since: (a, b) => b.grant.created_at - a.grant.created_at,
  expires: (a, b) => expiryOf(a) - expiryOf(b),
  name: (a, b) => (a.client.name ?? '').localeCompare(b.client.name ?? ''),
  host: (a, b) => hostsOf(a.client).localeCompare(hostsOf(b.client)),
} satisfies Readonly<Record<string, Order>>;

/** Returns the logins, and the clients that have none. */
export function collectLogins(clients: Iterable<ClientSummary>): {
  logins: Login[];
  registrations: ClientSummary[];
} {
  const logins: Login[] = [];
  const registrations: ClientSummary[] = [];
  for (const client of clients) {
    if (client.grants.length === 0) registrations.push(client);
    for (const grant of client.grants) logins.push({ client, grant });
  }
  return { logins, registrations };
}

/**
 * Returns the check whether a grant is for this server: for `issuerUrl` or one of `alsoIssuers` (with commas). Without
 * `issuerUrl`, the URL of the login that was used last takes its place. Imported grants hold for every URL.
 */
export function createOwnCheck(
  logins: readonly Login[],
  issuerUrl: string | undefined,
  alsoIssuers: string = '',
): (grant: GrantSummary) => boolean {
  let latest: GrantSummary | undefined;
  for (const { grant } of logins) {
    if (grant.origin !== 'import' && grant.last_used_at > (latest?.last_used_at ?? 0)) latest = grant;
  }
  const own = new Set([issuerUrl || (latest?.resource ?? ''), ...alsoIssuers.split(',')].map(rootOf));
  const known = new Map<string, boolean>();
  return ({ origin, resource }) => {
    if (origin === 'import') return true;
    const isOwn = known.get(resource) ?? own.has(rootOf(resource));
    known.set(resource, isOwn);
    return isOwn;
  };
}

function rootOf(url: string): string {
  return url
    .trim()
    .replace(/\/*$/, '')
    .replace(/\/mcp$/, '')
    .toLowerCase();
}

/** One line a login under a head, as wide as the terminal; what is for another URL or expired says so at the end. */
export function describeLogins(
  logins: readonly Login[],
  { now, absolute, isOurs, shortIds }: LoginTable,
  terminal: Pick<Terminal, 'style' | 'width'>,
): string[] {
  const told = new Map<number, string>();
  const tell = (time: number | null | undefined) => {
    if (time === null) return 'never';
    if (time === undefined) return '-';
    const words = told.get(time) ?? (absolute ? utc(time) : ageOf(time, now));
    told.set(time, words);
    return words;
  };
  const rows = logins.map(({ client, grant }) => [
    displayText(shortIds.get(grant.grant_id) ?? grant.grant_id, 2_000),
    isOurs(grant) ? '' : '!',
    nameOf(client),
    hostsOf(client),
    tell(grant.created_at),
    tell(grant.last_used_at),
    grant.last_used_address ?? grant.approved_address ?? '-',
    scopesOf(grant),
    grant.live ? tell(grant.expires_at) : 'expired',
    isOurs(grant) ? '' : `for ${displayText(rootOf(grant.resource), 200)}`,
  ]);
  const head = ['GRANT', '', 'NAME', 'HOST', 'SINCE', 'USED', 'FROM', 'SCOPES', 'EXPIRES', ''];
  const { good, bad, warn } = terminal.style;
  return layOut([head, ...rows], terminal, [2, 3, 6, 7], (cell, column) => {
    if (column === 8) return cell === 'expired' ? bad : good;
    return column === 1 || column === 9 ? warn : undefined;
  });
}

/** One line a client that has no login. */
export function describeRegistrations(
  clients: readonly ClientSummary[],
  { now, absolute }: LoginTable,
  terminal: Pick<Terminal, 'style' | 'width'>,
): string[] {
  const tell = (time: number) => (absolute ? utc(time) : ageOf(time, now));
  const rows = clients.map((client) => [
    displayText(client.client_id, 2_000),
    nameOf(client),
    hostsOf(client),
    tell(client.registered_at),
  ]);
  return layOut([['CLIENT', 'NAME', 'HOST', 'SINCE'], ...rows], terminal, [0, 1, 2, 2], () => undefined);
}

type PaintOf = (cell: string, column: number) => ((text: string) => string) | undefined;

const gap = 2;
const widestColumn = 40;
/** To what the columns for name, host, address and scopes shrink when the terminal is small. */
const leastWidths = [10, 12, 9, 5] as const;

/** `shrinking`: the columns that give way, as of name, host, address and scopes; the host does so first. */
function layOut(
  rows: readonly string[][],
  { style, width }: { style: Style; width: number },
  shrinking: readonly number[],
  paintOf: PaintOf,
): string[] {
  const widths: number[] = [];
  for (const row of rows) {
    row.forEach((cell, column) => {
      const widest = widths[column] ?? 0;
      // A character takes two columns at most.
      if (cell.length * 2 > widest) widths[column] = Math.min(widestColumn, Math.max(widest, displayWidth(cell)));
    });
  }
  const total = () => widths.reduce((sum, each) => sum + (each > 0 ? each + gap : 0), -gap);
  for (const order of [1, 0, 2, 3]) {
    const column = shrinking[order] ?? 0;
    const least = leastWidths[order] ?? 0;
    const over = total() - width;
    const now = widths[column] ?? 0;
    if (over > 0 && now > least) widths[column] = Math.max(least, now - over);
  }
  return rows.map((row, index) => {
    let line = '';
    let used = 0;
    const last = row.findLastIndex((cell) => cell !== '');
    for (let column = 0; column <= last; column += 1) {
      const cell = row[column] ?? '';
      const columnWidth = widths[column] ?? 0;
      const left = width - used;
      if (columnWidth === 0 || left <= 0) continue;
      const room = column === last ? left : Math.min(left, columnWidth);
      const cellWidth = displayWidth(cell);
      const text = cellWidth <= room ? cell : cutToWidth(cell, room);
      const paint = index === 0 ? style.dim : paintOf(cell, column);
      line += paint === undefined || text === '' ? text : paint(text);
      if (column === last) break;
      line += ' '.repeat(Math.max(0, columnWidth - (text === cell ? cellWidth : displayWidth(text))) + gap);
      used += columnWidth + gap;
    }
    return line.trimEnd();
  });
}

const shortestId = 8;

/** Returns for each ID its shortest beginning, of 8 characters or more, that names it alone. */
export function uniquePrefixes(ids: readonly string[]): ReadonlyMap<string, string> {
  const sorted = [...ids].sort();
  return new Map(
    sorted.map((id, index) => {
      const shared = Math.max(sharedLength(id, sorted[index - 1]), sharedLength(id, sorted[index + 1]));
      return [id, id.slice(0, Math.max(shortestId, shared + 1))];
    }),
  );
}

function sharedLength(a: string, b: string | undefined): number {
  let length = 0;
  while (b !== undefined && length < a.length && a[length] === b[length]) length += 1;
  return length;
}

function nameOf({ name }: ClientSummary): string {
  return name === null ? '(no name)' : `"${name}"`;
}

function hostsOf({ redirect_hosts: hosts }: ClientSummary): string {
  const [first = '-', ...more] = hosts;
  return more.length === 0 ? first : `${first} +${more.length}`;
}

const shortScopes = new Map<string, string>();

function scopesOf({ scopes }: GrantSummary): string {
  const key = scopes.join(' ');
  const known = shortScopes.get(key);
  if (known !== undefined) return known;
  const short = scopes.filter((scope) => scope !== 'offline_access').map((scope) => scope.replace(/^vault:/, ''));
  const told = displayText(short.join(' '), 200) || '-';
  shortScopes.set(key, told);
  return told;
}

function expiryOf({ grant: { expires_at: time } }: Login): number {
  return time === null ? Number.POSITIVE_INFINITY : (time ?? 0);
}

function utc(time: number): string {
  return new Date(time * 1_000).toISOString().replace(/:\d\d\.\d+Z$/, 'Z');
}
