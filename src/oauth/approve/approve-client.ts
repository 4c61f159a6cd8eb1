import { toHex } from '../../hash.js';
import type { Draft } from '../../state/rules/draft.js';
import type { ClientRecord, StateView } from '../../state/schema.js';
import type { TransitionContext } from '../../state/store/store.js';
import { withServerFields } from '../clients/find-client.js';
import type { AuthorizationRequest } from '../memory/pending-requests.js';
import { redirectPlace } from '../register/redirect-uris.js';
import { revocationMark } from './revocation-mark.js';

const browsersPerClient = 10;
const placesPerClient = 20;

/**
 * Notes that the person approved a client, and from which browser (its cookie's hash); a client that only its metadata
 * document described is stored by this. Returns the client, or undefined when it is gone, or was revoked or forgotten
 * since the request.
 */
export function approveClient(
  draft: Draft,
  at: TransitionContext,
  request: AuthorizationRequest,
  browser: string,
): ClientRecord | undefined {
  const clientId = request.client.client_id;
  const stored = draft.clients.get(clientId);
  const isSame = !request.isStored || (stored !== undefined && stored.registration === request.client.registration);
  if (!isSame || revocationMark(draft, clientId) !== request.revocationMark) return undefined;
  const isDocument = request.client.fetched_at !== undefined;
  const known =
    stored === undefined || !isDocument ? (stored ?? request.client) : withServerFields(request.client, stored);
  const { registered_from: _prefix, ...client } = known;
  const approved: ClientRecord = {
    ...client,
    ...(stored === undefined ? { registration: toHex(at.random(8)) } : {}),
    approved_at: at.now,
    approved_redirects: notePlace(known, redirectPlace(request.redirectUri), at.now),
    approved_browsers: [...browsersOf(known).filter((one) => one !== browser), browser].slice(-browsersPerClient),
  };
  draft.clients.put(clientId, approved);
  return approved;
}

/** Returns when the client was last approved for the place that a redirect leads to, in seconds since the epoch. */
export function lastApprovedAt(client: ClientRecord, redirectUri: string): number | undefined {
  const { approved_redirects: places, redirect_uris: uris } = client;
  const place = redirectPlace(redirectUri);
  if (places !== undefined) return Object.hasOwn(places, place) ? places[place] : undefined;
  // Approved before places were noted: it is known where only when there is but one.
  return uris.every((uri) => URL.canParse(uri) && redirectPlace(uri) === place) ? client.approved_at : undefined;
}

function notePlace(client: ClientRecord, place: string, now: number): Readonly<Record<string, number>> {
  const others = Object.entries(client.approved_redirects ?? {}).filter(([known]) => known !== place);
  return Object.fromEntries([...others, [place, now]].slice(-placesPerClient));
}

/** Returns whether a browser (its cookie's hash) ever approved a client that is still known. */
export function isKnownBrowser(view: StateView, browser: string): boolean {
  for (const [, client] of view.clients.entries()) if (browsersOf(client).includes(browser)) return true;
  return false;
}

function browsersOf(client: ClientRecord): readonly string[] {
  return client.approved_browsers ?? [];
}
