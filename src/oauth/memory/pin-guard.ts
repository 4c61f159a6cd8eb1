import { createHash, timingSafeEqual } from 'node:crypto';
import { AttemptWindow } from './attempt-window.js';

const windowSeconds = 15 * 60;
const daySeconds = 24 * 3_600;
const wrongPerKey = 5;
const wrongInAll = 50;
const wrongPerDay = 200;

/** A PIN of fewer characters can be guessed from many addresses, so all of them together are limited too. */
const limitedPinLength = 12;
const weakPinLength = 8;

/** Returns whether the operator should be warned of a PIN this short. */
export function isWeakPin(pin: string): boolean {
  return [...pin].length < weakPinLength;
}

/** Who tries: for a request, from an address, or from a browser that approved before (its hash). */
export interface PinAttempt {
  readonly pin: string;
  readonly requestId: string;
  readonly addressPrefix: string;
  readonly knownBrowser: string | undefined;
}

export type PinVerdict =
  | { readonly kind: 'right' }
  | { readonly kind: 'wrong_pin'; readonly attemptsLeft: number }
  | { readonly kind: 'locked'; readonly retryAfterSeconds: number };

/** Returns the check of the operator's PIN, which counts wrong ones; `now` is in seconds. While locked, a right one is not looked at. */
export function createPinGuard(pin: string): (attempt: PinAttempt, now: number) => PinVerdict {
  const digest = (text: string) => createHash('sha256').update(text).digest();
  const expected = digest(pin);
  const length = [...pin].length;
  const perRequest = new AttemptWindow(wrongPerKey, windowSeconds);
  const perAddress = new AttemptWindow(wrongPerKey, windowSeconds);
  const perBrowser = new AttemptWindow(wrongPerKey, windowSeconds);
  const inAll = new AttemptWindow(wrongInAll, windowSeconds);
  const perDay = new AttemptWindow(wrongPerDay, daySeconds);

  function bucketsOf({ requestId, addressPrefix, knownBrowser }: PinAttempt): [AttemptWindow, string][] {
    // The owner's browser is judged by itself, so that strangers cannot lock the owner out.
    if (knownBrowser !== undefined) {
      return [
        [perRequest, requestId],
        [perBrowser, knownBrowser],
      ];
    }
    return [
      [perRequest, requestId],
      [perAddress, addressPrefix],
      ...(length < limitedPinLength ? [[inAll, ''] as [AttemptWindow, string]] : []),
      ...(length < weakPinLength ? [[perDay, ''] as [AttemptWindow, string]] : []),
    ];
  }

  return (attempt, now) => {
    const buckets = bucketsOf(attempt);
    const retryAfterSeconds = Math.max(...buckets.map(([window, key]) => window.retryAfterSeconds(key, now)));
    if (retryAfterSeconds > 0) return { kind: 'locked', retryAfterSeconds };
    if (timingSafeEqual(digest(attempt.pin), expected)) return { kind: 'right' };
    for (const [window, key] of buckets) window.count(key, now);
    return { kind: 'wrong_pin', attemptsLeft: Math.min(...buckets.map(([window, key]) => window.left(key, now))) };
  };
}
