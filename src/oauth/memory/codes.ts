import { sha256Hex } from '../../hash.js';
import type { Origin } from '../origin.js';

const lifetimeSeconds = 5 * 60;

/** What an authorization code stands for. */
export interface CodeGrant {
  readonly clientId: string;
  readonly redirectUri: string;
  readonly codeChallenge: string;
  readonly scopes: readonly string[];
  readonly narrowed: boolean;
  readonly revocationMark: number;
  /** The registration that was approved. */
  readonly registration: string | undefined;
  /** Where the person was who approved it; undefined where that is not kept. */
  readonly approvedFrom?: Origin | undefined;
}

export interface IssuedCode extends CodeGrant {
  readonly expiresAt: number;
  /** The exchange under way; it alone consumes the code. */
  exchanging: Promise<void> | undefined;
}

/** Authorization codes: in memory for five minutes, known by their hash. */
export class Codes {
  readonly #codes = new Map<string, IssuedCode>();

  add(code: string, grant: CodeGrant, now: number): void {
    for (const [hash, { expiresAt }] of this.#codes) if (expiresAt <= now) this.#codes.delete(hash);
    this.#codes.set(sha256Hex(code), { ...grant, expiresAt: now + lifetimeSeconds, exchanging: undefined });
  }

  get(code: string, now: number): IssuedCode | undefined {
    const issued = this.#codes.get(sha256Hex(code));
    return issued !== undefined && issued.expiresAt > now ? issued : undefined;
  }

  delete(code: string): void {
    this.#codes.delete(sha256Hex(code));
  }
}
