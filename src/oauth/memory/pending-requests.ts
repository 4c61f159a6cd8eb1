import type { ClientRecord } from '../../state/schema.js';
import type { DecisionAnswer } from '../authorization-server.js';

const lifetimeSeconds = 10 * 60;
const repeatSeconds = 5 * 60;
const keptPerAddress = 100;
const keptInAll = 1_000;

/** A valid authorization request that waits for the person. */
export interface AuthorizationRequest {
  readonly id: string;
  /** Under which of the server's URLs it came. */
  readonly issuer: string;
  readonly client: ClientRecord;
  /** False for a Client ID Metadata Document that is not in the state yet. */
  readonly isStored: boolean;
  readonly redirectUri: string;
  readonly state: string | undefined;
  readonly codeChallenge: string;
  readonly scopes: readonly string[];
  /** See `revocationMark`: any other mark later means that a revocation came in between. */
  readonly revocationMark: number;
  readonly addressPrefix: string;
  readonly expiresAt: number;
}

/** How a request ended, and where the person was sent. */
export interface Outcome {
  readonly kind: 'approved' | 'denied';
  readonly location: string;
}

export interface PendingRequest {
  readonly request: AuthorizationRequest;
  outcome: Outcome | undefined;
  /** An approval that is being written: a double click waits for it. */
  approving: Promise<DecisionAnswer> | undefined;
}

/** Requests at the approval page; in memory for ten minutes, bounded per address and in all, the oldest go first. */
export class PendingRequests {
  readonly #pending = new Map<string, PendingRequest & { expiresAt: number }>();

  add(request: Omit<AuthorizationRequest, 'expiresAt'>, now: number): void {
    const expiresAt = now + lifetimeSeconds;
    this.#pending.set(request.id, {
      request: { ...request, expiresAt },
      outcome: undefined,
      approving: undefined,
      expiresAt,
    });
    this.#evict(now);
  }

  get(id: string, now: number): PendingRequest | undefined {
    const pending = this.#pending.get(id);
    return pending !== undefined && pending.expiresAt > now ? pending : undefined;
  }

  /** Keeps how the request ended for five minutes, so that a repeated answer of the person can be repeated. */
  settle(id: string, outcome: Outcome, now: number): void {
    const pending = this.#pending.get(id);
    if (pending === undefined) return;
    pending.outcome = outcome;
    pending.expiresAt = now + repeatSeconds;
  }

  delete(id: string): void {
    this.#pending.delete(id);
  }

  /** The clients that wait for a decision. */
  clientIds(now: number): ReadonlySet<string> {
    const ids = new Set<string>();
    for (const { request, outcome, expiresAt } of this.#pending.values()) {
      if (outcome === undefined && expiresAt > now) ids.add(request.client.client_id);
    }
    return ids;
  }

  #evict(now: number): void {
    const byPrefix = new Map<string, string[]>();
    for (const [id, { request, expiresAt }] of this.#pending) {
      const siblings = byPrefix.get(request.addressPrefix);
      if (expiresAt <= now) this.#pending.delete(id);
      else if (siblings === undefined) byPrefix.set(request.addressPrefix, [id]);
      else siblings.push(id);
    }
    const [fullest] = [...byPrefix.values()].sort((a, b) => b.length - a.length);
    const [oldest] = fullest ?? [];
    if (fullest === undefined || oldest === undefined) return;
    if (fullest.length > keptPerAddress || this.#pending.size > keptInAll) this.#pending.delete(oldest);
  }
}
