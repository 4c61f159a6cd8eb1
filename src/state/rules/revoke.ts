import { VaultMcpError } from '../../errors.js';
import { displayText } from '../../foreign-text.js';
import type { Draft } from './draft.js';

/** What to revoke; ids and token hashes may be unique prefixes of six characters or more. */
export type RevokeTarget =
  | { readonly kind: 'client'; readonly id: string; readonly forget: boolean }
  | { readonly kind: 'grant'; readonly id: string }
  /** `ofToken` is the hash of the same text, which may be a token itself. */
  | { readonly kind: 'token'; readonly hash: string; readonly ofToken?: string }
  | { readonly kind: 'all' };

/** What a revocation ends; `matched` is false when there was nothing to revoke. */
export interface Revoked {
  readonly matched: boolean;
  /** The clients touched; their registrations stay unless listed in `forgotten`. */
  readonly clients: readonly string[];
  readonly forgotten: readonly string[];
  readonly grants: readonly string[];
  readonly access_tokens: number;
  readonly refresh_tokens: number;
}

/** Raised when an identifier names nothing (`revoke_not_found`) or several things (`revoke_ambiguous`). */
export class RevokeError extends VaultMcpError {}

export const shortestPrefix = 6;
const shownCandidates = 10;

/**
 * Ends what the targets name together, all or nothing: each is found before any is ended. Voids every approval and code of a
 * revoked client from before `now` (seconds since the epoch). Throws RevokeError for an absent client, an absent prefix or
 * an ambiguous one; an absent full id is no match.
 */
export function revoke(draft: Draft, targets: readonly RevokeTarget[], now: number): Revoked {
  let all = nothing;
  for (const target of targets.map((each) => resolveTarget(draft, each))) {
    const ended = target === undefined ? nothing : end(draft, target, now);
    all = {
      matched: all.matched || ended.matched,
      clients: [...new Set([...all.clients, ...ended.clients])],
      forgotten: [...all.forgotten, ...ended.forgotten],
      grants: [...all.grants, ...ended.grants],
      access_tokens: all.access_tokens + ended.access_tokens,
      refresh_tokens: all.refresh_tokens + ended.refresh_tokens,
    };
  }
  return all;
}

/** Returns the target with its whole key, or undefined for a whole key that names nothing. */
function resolveTarget(draft: Draft, target: RevokeTarget): RevokeTarget | undefined {
  switch (target.kind) {
    case 'all':
      return target;
    case 'client': {
      const id = resolve('client', target.id, [draft.clients], () => false);
      return id === undefined ? undefined : { ...target, id };
    }
    case 'grant': {
      const id = resolve('grant', target.id, [draft.grants], isFullGrantId);
      return id === undefined ? undefined : { kind: 'grant', id };
    }
    case 'token': {
      const tables = [draft.access_tokens, draft.refresh_tokens];
      const { ofToken = '' } = target;
      if (tables.some((table) => table.has(ofToken))) return { kind: 'token', hash: ofToken };
      const hash = resolve('token', target.hash.toLowerCase(), tables, isFullHash);
      return hash === undefined ? undefined : { kind: 'token', hash };
    }
  }
}

/** Leaves out what an earlier target has already ended. */
function end(draft: Draft, target: RevokeTarget, now: number): Revoked {
  switch (target.kind) {
    case 'all':
      return endAll(draft, now);
    case 'client':
      return endClient(draft, target, now);
    case 'grant':
      return draft.grants.has(target.id) ? endGrants(draft, [target.id]) : nothing;
    case 'token':
      return endToken(draft, target.hash);
  }
}

const nothing: Revoked = {
  matched: false,
  clients: [],
  forgotten: [],
  grants: [],
  access_tokens: 0,
  refresh_tokens: 0,
};

function endAll(draft: Draft, now: number): Revoked {
  const tokens = { access_tokens: draft.access_tokens.size, refresh_tokens: draft.refresh_tokens.size };
  const ended = endGrants(draft, [...keys(draft.grants)]);
  for (const hash of keys(draft.access_tokens)) draft.access_tokens.delete(hash);
  for (const hash of keys(draft.refresh_tokens)) draft.refresh_tokens.delete(hash);
  draft.revokedBefore = later(draft.revokedBefore, now);
  return { ...ended, ...tokens };
}

function endClient(draft: Draft, { id, forget }: { id: string; forget: boolean }, now: number): Revoked {
  const client = draft.clients.get(id);
  if (client === undefined) return nothing;
  const ended = endGrants(
    draft,
    Array.from(draft.grantsOf(id), ([grantId]) => grantId),
  );
  if (forget) draft.clients.delete(id);
  else draft.clients.put(id, { ...client, revoked_before: later(client.revoked_before, now) });
  return { ...ended, clients: [id], forgotten: forget ? [id] : [] };
}

function endToken(draft: Draft, hash: string): Revoked {
  const access = draft.access_tokens.get(hash);
  const token = access ?? draft.refresh_tokens.get(hash);
  if (token === undefined) return nothing;
  if (draft.grants.has(token.grant_id)) return endGrants(draft, [token.grant_id]);
  draft.access_tokens.delete(hash);
  draft.refresh_tokens.delete(hash);
  return { ...nothing, matched: true, access_tokens: access ? 1 : 0, refresh_tokens: access ? 0 : 1 };
}

function endGrants(draft: Draft, ids: readonly string[]): Revoked {
  const clients = new Set<string>();
  const tokens = { access_tokens: 0, refresh_tokens: 0 };
  for (const id of ids) {
    const clientId = draft.grants.get(id)?.client_id;
    if (clientId !== undefined && draft.clients.has(clientId)) clients.add(clientId);
    const ended = draft.endGrant(id);
    tokens.access_tokens += ended.accessTokens;
    tokens.refresh_tokens += ended.refreshTokens;
  }
  return { ...nothing, matched: true, clients: [...clients], grants: ids, ...tokens };
}

/** Each revocation raises `revoked_before`, also within a second or after the clock was set back, so that earlier approvals stay void. */
function later(known: number | undefined, now: number): number {
  return known === undefined || known < now ? now : known + 1;
}

interface Keyed {
  has(key: string): boolean;
  entries(): Iterable<[string, unknown]>;
}

function* keys(table: Keyed): Iterable<string> {
  for (const [key] of table.entries()) yield key;
}

/** Returns the one key that is `text` or starts with it, or undefined when there is none and `text` `isFull`. */
function resolve(
  what: string,
  text: string,
  tables: readonly Keyed[],
  isFull: (text: string) => boolean,
): string | undefined {
  if (tables.some((table) => table.has(text))) return text;
  const candidates: string[] = [];
  if (text.length >= shortestPrefix) {
    for (const table of tables) for (const key of keys(table)) if (key.startsWith(text)) candidates.push(key);
  }
  // What was given as a fingerprint may be a token itself.
  const given = what === 'token' && text.length > 12 ? 'what was given' : JSON.stringify(text);
  const [only] = candidates;
  if (only !== undefined && candidates.length === 1) return only;
  if (only === undefined && isFull(text)) return undefined;
  if (candidates.length > 1) {
    const shown = candidates.sort().slice(0, shownCandidates);
    const more = candidates.length - shown.length;
    const list = shown.map((key) => (what === 'token' ? key.slice(0, 12) : displayText(key, 2_000))).join(', ');
    throw new RevokeError('revoke_ambiguous', `${candidates.length} ${what}s start with ${given}`, {
      hint: `candidates: ${list}${more > 0 ? ` and ${more} more` : ''}`,
    });
  }
  throw new RevokeError('revoke_not_found', `no ${what} is or starts with ${given}`, {
    hint:
      text.length < shortestPrefix
        ? `a prefix needs at least ${shortestPrefix} characters`
        : 'vault-mcp state inspect lists what there is',
  });
}

function isFullHash(text: string): boolean {
  return /^[0-9a-f]{64}$/.test(text);
}

/** Grant ids are UUIDs or at least 16 random bytes as text; shorter texts are prefixes. */
function isFullGrantId(text: string): boolean {
  return text.length >= 22 && /^[\w-]+$/.test(text);
}
