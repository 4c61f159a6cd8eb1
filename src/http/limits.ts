import type { RequestHandler } from 'express';
import { ipKeyGenerator, rateLimit } from 'express-rate-limit';
import { OAuthError } from '../oauth/errors.js';
import type { PeerOf } from './peer.js';

/** What an attacker with one network is commonly given (the owner's /56), so that addresses are not for free. */
const ipv6PrefixBits = 56;

export interface AddressLimit {
  readonly requests: number;
  readonly windowSeconds: number;
}

/** Passes OAuthError `too_many_requests` on for whoever sends more than the limit; one IPv6 /56 counts as one address. */
export function limitPerAddress({ requests, windowSeconds }: AddressLimit, peerOf: PeerOf): RequestHandler {
  return rateLimit({
    limit: requests,
    windowMs: windowSeconds * 1_000,
    standardHeaders: false,
    legacyHeaders: false,
    // Its checks print to the console; the trusted hops are an explicit list here.
    validate: false,
    keyGenerator: (request) => ipKeyGenerator(peerOf(request).address, ipv6PrefixBits),
    handler: (request, _response, next) => {
      const resetTime = 'rateLimit' in request ? (request.rateLimit as { resetTime?: Date }).resetTime : undefined;
      const seconds = Math.ceil(((resetTime?.getTime() ?? Date.now()) - Date.now()) / 1_000);
      next(
        new OAuthError('too_many_requests', 'Too many requests from this address, try again later', {
          retryAfterSeconds: Math.max(1, seconds),
        }),
      );
    },
  });
}
