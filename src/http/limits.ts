import type { RequestHandler } from 'express';
import { ipKeyGenerator, rateLimit } from 'express-rate-limit';
import { OAuthError } from '../oauth/errors.js';
import type { PeerOf } from './peer.js';

/** The network that one subscriber commonly gets (/56), so that one attacker does not count as many addresses. */
const ipv6PrefixBits = 56;

export interface AddressLimit {
  readonly requests: number;
  readonly windowSeconds: number;
}

/** Passes on OAuthError `too_many_requests` for an address above the limit. One IPv6 /56 counts as one address. */
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
