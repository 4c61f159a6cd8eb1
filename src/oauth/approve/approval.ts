import { redirectHost } from '../../addresses.js';
import { sha256Hex, toHex } from '../../hash.js';
import { shownName } from '../../state/rules/about-client.js';
import { aboutRequest } from '../about-request.js';
import { addressPrefix } from '../address-prefix.js';
import type { AuthorizationServer, Decision, DecisionAnswer, Peer, PendingApproval } from '../authorization-server.js';
import { clientDocumentUrl } from '../clients/client-metadata-document.js';
import type { Core } from '../core.js';
import type { PendingRequest } from '../memory/pending-requests.js';
import type { PinAttempt, PinGuard } from '../memory/pin-guard.js';
import { originOf } from '../origin.js';
import { isLoopback, redirectLocation } from '../register/redirect-uris.js';
import { approveClient, isKnownBrowser, lastApprovedAt } from './approve-client.js';

const browserCookie = /^[0-9a-f]{64}$/;

/** Returns what the approval page shows, and what it does with the person's answer. */
export function createApproval(core: Core, pinGuard: PinGuard): Pick<AuthorizationServer, 'approval' | 'decide'> {
  return {
    approval(requestId, peer) {
      const now = core.now();
      const pending = core.pending.get(requestId, now);
      if (pending === undefined) return { kind: 'gone' };
      if (pending.outcome !== undefined) return { kind: 'done' };
      const lockedSeconds = pinGuard.lockedSeconds(attemptOf(core, requestId, peer), core.uptime());
      return lockedSeconds > 0 ? { ...show(core, pending), lockedSeconds } : show(core, pending);
    },

    async decide(requestId, decision, peer) {
      const now = core.now();
      const pending = core.pending.get(requestId, now);
      if (pending === undefined) return { kind: 'gone' };
      if (decision.action === 'deny') return deny(core, pending, peer);
      const verdict = pinGuard.check(decision.pin, attemptOf(core, requestId, peer), core.uptime());
      if (verdict.kind !== 'right') {
        const isLocked = verdict.kind === 'locked';
        core.audit({
          event: 'refused',
          credential: isLocked ? 'pin_locked' : 'pin',
          ...aboutRequest(core, pending.request.client.client_id, peer),
          ...(isLocked ? { retry_after: verdict.retryAfterSeconds } : { attempts_left: verdict.attemptsLeft }),
        });
        return { ...verdict, request: show(core, pending) };
      }
      if (pending.outcome !== undefined) return { kind: 'redirect', location: pending.outcome.location };
      pending.approving ??= approve(core, pending, decision, peer).finally(() => {
        pending.approving = undefined;
      });
      return pending.approving;
    },
  };
}

function deny(core: Core, pending: PendingRequest, peer: Peer): DecisionAnswer {
  const { request, outcome } = pending;
  if (outcome?.kind === 'denied') return { kind: 'redirect', location: outcome.location };
  // An approval that was given, or is being written, is not taken back by a click; the operator can revoke it.
  if (outcome !== undefined || pending.approving !== undefined) return { kind: 'gone' };
  const location = redirectLocation(request.redirectUri, {
    error: 'access_denied',
    error_description: 'The person denied the request',
    state: request.state,
    iss: request.issuer,
  });
  core.pending.settle(request.id, { kind: 'denied', location }, core.now());
  core.log.info('denied a client', aboutRequest(core, request.client.client_id, peer));
  return { kind: 'redirect', location };
}

async function approve(
  core: Core,
  { request }: PendingRequest,
  decision: Decision,
  peer: Peer,
): Promise<DecisionAnswer> {
  const browser = findKnownBrowser(core, peer) ?? toHex(core.random(32));
  const { value: approved } = await core.store.update((draft, at) =>
    approveClient(draft, at, request, sha256Hex(browser)),
  );
  const about = aboutRequest(core, request.client.client_id, peer);
  if (approved === undefined) {
    core.pending.delete(request.id);
    core.log.warn('refused an approval: the client was revoked meanwhile', about);
    return { kind: 'gone' };
  }
  const scopes = decision.readOnly ? core.scopeRules.readOnly(request.scopes) : request.scopes;
  const code = toHex(core.random(32));
  core.codes.add(
    code,
    {
      clientId: request.client.client_id,
      redirectUri: request.redirectUri,
      codeChallenge: request.codeChallenge,
      scopes,
      narrowed: request.scopes.some((scope) => !scopes.includes(scope)),
      revocationMark: request.revocationMark,
      registration: approved.registration,
      approvedFrom: originOf(core, peer),
    },
    core.now(),
  );
  const location = redirectLocation(request.redirectUri, { code, state: request.state, iss: request.issuer });
  core.pending.settle(request.id, { kind: 'approved', location }, core.now());
  core.audit({
    event: 'approved',
    ...about,
    scope: scopes.join(' '),
    redirect: redirectHost(request.redirectUri),
  });
  return { kind: 'redirect', location, browser };
}

function show(core: Core, { request }: PendingRequest): PendingApproval {
  const { client, redirectUri } = request;
  return {
    kind: 'pending',
    requestId: request.id,
    clientName: shownName(client),
    clientHost: clientDocumentUrl(client.client_id, core.issuer)?.host,
    redirectHost: redirectHost(redirectUri),
    redirectsToLoopback: isLoopback(redirectUri),
    scopes: request.scopes,
    lastApprovedAt: lastApprovedAt(client, redirectUri),
    expiresAt: request.expiresAt,
  };
}

function attemptOf(core: Core, requestId: string, peer: Peer): PinAttempt {
  const knownBrowser = findKnownBrowser(core, peer);
  return {
    requestId,
    addressPrefix: addressPrefix(peer.address),
    knownBrowser: knownBrowser && sha256Hex(knownBrowser),
    isConsole: peer.isConsole === true,
  };
}

/** Returns the cookie of a browser that approved before. */
function findKnownBrowser(core: Core, { browser }: Peer): string | undefined {
  if (browser === undefined || !browserCookie.test(browser)) return undefined;
  return isKnownBrowser(core.store.view(), sha256Hex(browser)) ? browser : undefined;
}
