import { hasHash, sha256Hex } from '../../hash.js';
import { pinStrength } from '../../pin-strength.js';
import { normalizeText } from '../../text.js';
import { AttemptWindow } from './attempt-window.js';

const windowSeconds = 15 * 60;
const daySeconds = 24 * 3_600;
const wrongPerKey = 5;
const wrongInAll = 50;

/** A PIN that a person chose could be guessed from many addresses, so all addresses together have a limit too. */
const wrongPerDay = { weak: 200, short: 200, good: 1_000 };

/** Who tries: for a request, from an address, from a browser that approved before (its hash), or on the server's own machine. */
export interface PinAttempt {
  readonly requestId: string;
  readonly addressPrefix: string;
  readonly knownBrowser: string | undefined;
  readonly isConsole: boolean;
}

export type PinVerdict =
  | { readonly kind: 'right' }
  | { readonly kind: 'wrong_pin'; readonly attemptsLeft: number }
  | { readonly kind: 'locked'; readonly retryAfterSeconds: number };

/** Checks the operator's PIN and counts wrong ones; `now` is in seconds of monotonic time. During a lock-out no PIN is checked. */
export interface PinGuard {
  check(pin: string, attempt: PinAttempt, now: number): PinVerdict;
  /** Seconds until this attempt would be checked; 0 for now. */
  lockedSeconds(attempt: PinAttempt, now: number): number;
}

/** Returns the guard of `pin`. With `isMade` (from makePin) case, spaces and dashes are ignored, and there is no limit over all addresses. */
export function createPinGuard(pin: string, isMade: boolean): PinGuard {
  const expected = sha256Hex(plainPin(pin, isMade));
  const perRequest = new AttemptWindow(wrongPerKey, windowSeconds);
  const perAddress = new AttemptWindow(wrongPerKey, windowSeconds);
  const perBrowser = new AttemptWindow(wrongPerKey, windowSeconds);
  const onConsole = new AttemptWindow(wrongPerKey, windowSeconds);
  const inAll = new AttemptWindow(wrongInAll, windowSeconds);
  const perDay = new AttemptWindow(wrongPerDay[pinStrength(pin)], daySeconds);

  /** Strangers share the limits over all addresses. The owner's browser and the server's own machine are counted separately. */
  function bucketsOf({ requestId, addressPrefix, knownBrowser, isConsole }: PinAttempt): [AttemptWindow, string][] {
    const request: [AttemptWindow, string] = [perRequest, requestId];
    if (knownBrowser !== undefined) return [request, [perBrowser, knownBrowser]];
    if (isConsole) return [request, [onConsole, '']];
    const own: [AttemptWindow, string][] = [request, [perAddress, addressPrefix]];
    return isMade ? own : [...own, [inAll, ''], [perDay, '']];
  }

  function lockedSeconds(attempt: PinAttempt, now: number): number {
    return Math.max(...bucketsOf(attempt).map(([window, key]) => window.retryAfterSeconds(key, now)));
  }

  return {
    lockedSeconds,
    check(typed, attempt, now) {
      const retryAfterSeconds = lockedSeconds(attempt, now);
      if (retryAfterSeconds > 0) return { kind: 'locked', retryAfterSeconds };
      if (hasHash(plainPin(typed, isMade), expected)) return { kind: 'right' };
      const buckets = bucketsOf(attempt);
      for (const [window, key] of buckets) window.count(key, now);
      return { kind: 'wrong_pin', attemptsLeft: Math.min(...buckets.map(([window, key]) => window.left(key, now))) };
    },
  };
}

/** Returns a typed PIN in the form that is compared: without blanks around it, and in one Unicode form. */
function plainPin(text: string, isMade: boolean): string {
  const trimmed = normalizeText(text).trim();
  return isMade ? trimmed.toLowerCase().replace(/[\s\p{Dash}]/gu, '') : trimmed;
}
