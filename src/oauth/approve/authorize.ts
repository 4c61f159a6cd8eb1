import { displayText } from '../../foreign-text.js';
import { toHex } from '../../hash.js';
import { hasLiveToken } from '../../state/rules/prune.js';
import type { ClientRecord, StateView } from '../../state/schema.js';
import { aboutRequest } from '../about-request.js';
import { addressPrefix } from '../address-prefix.js';
import type { AuthorizationServer, AuthorizeAnswer, FormFields, Peer } from '../authorization-server.js';
import type { ClientDocumentError } from '../clients/client-metadata-document.js';
import { findClient, isUnusableDocument } from '../clients/find-client.js';
import { FetchError } from '../clients/guarded-fetch.js';
import type { Core } from '../core.js';
import { OAuthError } from '../errors.js';
import { isRegisteredRedirect, redirectLocation } from '../register/redirect-uris.js';
import { lastApprovedAt } from './approve-client.js';
import { readAuthorizationRequest } from './authorization-request.js';
import { revocationMark } from './revocation-mark.js';

type Refusal = Extract<AuthorizeAnswer, { kind: 'refused' }>;

/** Returns the authorization endpoint (RFC 6749, section 4.1.1). */
export function createAuthorize(core: Core): AuthorizationServer['authorize'] {
  return async (parameters, peer) => {
    // The file is looked at first: a request that does not know the latest revocation would be void at its approval.
    const view = await core.store.freshView();
    if (core.store.health().unread === true) return unread;
    const identified = await identifyClient(core, view, parameters, peer);
    if (identified.kind === 'refused') return identified;
    const { client, isStored } = identified;
    const redirectUri = chooseRedirect(parameters, client);
    if (typeof redirectUri === 'object') return redirectUri;
    try {
      const { state, codeChallenge, scopes } = readAuthorizationRequest(parameters, core, peer.issuer);
      const id = toHex(core.random(32));
      core.pending.add(
        {
          id,
          issuer: peer.issuer ?? core.issuer,
          client,
          isStored,
          redirectUri,
          state,
          codeChallenge,
          scopes,
          revocationMark: revocationMark(view, client.client_id),
          addressPrefix: addressPrefix(peer.address),
        },
        core.now(),
      );
      return { kind: 'approval', requestId: id };
    } catch (error) {
      if (error instanceof OAuthError) return answerError(core, view, { parameters, client, redirectUri, peer }, error);
      throw error;
    }
  };
}

async function identifyClient(
  core: Core,
  view: StateView,
  parameters: FormFields,
  peer: Peer,
): Promise<{ kind: 'client'; client: ClientRecord; isStored: boolean } | Refusal> {
  const clientId = parameters['client_id'];
  if (typeof clientId !== 'string' || clientId === '') {
    return refuse('invalid_request', 'This link is incomplete', 'The app did not say who it is: client_id is missing.');
  }
  // The view goes on while a document is fetched.
  const isStored = view.clients.has(clientId);
  try {
    const client = await findClient(view, clientId, core.documents);
    if (client !== undefined) return { kind: 'client', client, isStored };
  } catch (error) {
    if (!isUnusableDocument(error)) throw error;
    return refuseDocument(core, clientId, error, peer);
  }
  return refuse(
    'invalid_client',
    'This app is not known here',
    'The server has no registration of this app. It may have been removed. In the app, remove the connector and add it again.',
  );
}

/**
 * Why a fetch failed is for the log alone: strangers would learn what this server reaches. What is wrong with a document
 * that was fetched is no secret, and not for this server to mend.
 */
async function refuseDocument(
  core: Core,
  clientId: string,
  error: FetchError | ClientDocumentError,
  peer: Peer,
): Promise<Refusal> {
  if (error instanceof FetchError && !error.wasAnswered) await core.documentOffer.recheck();
  const offer = core.documentOffer.state();
  const reason = displayText(error.message, 300);
  core.log.warn('refused a client whose metadata document cannot be used', {
    ...aboutRequest(core, clientId, peer),
    reason,
    ...(offer === 'no_way_out' ? { why: 'outbound https does not work' } : {}),
  });
  const described = `The app says that ${displayText(clientId, 200)} describes it, but`;
  const again = 'In the app, remove the connector and add it again. Then the app registers here.';
  if (!(error instanceof FetchError) || error.wasFetched) {
    const fault =
      'This is an error of the app or of the publisher of its document, not of this server. Please report it to them.';
    return refuse('invalid_client', 'The description of this app is not valid', `${described} ${reason}. ${fault}`);
  }
  if (offer === 'off') {
    return refuse('invalid_client', 'The app cannot be identified', `${described} this server fetches none. ${again}`);
  }
  if (offer === 'no_way_out') {
    return refuse(
      'invalid_client',
      'This server cannot reach the internet',
      `${described} this server has no way out to fetch that. It is no fault of the app. ${again} ` +
        'If you run the server, look at its log, or run vault-mcp doctor.',
    );
  }
  return refuse(
    'invalid_client',
    'The app cannot be identified',
    `${described} this server could not fetch that. Try again later. The log of the server says whether that is the ` +
      "fault of the app's host.",
  );
}

/** Nobody is sent to an address that the client did not register. */
function chooseRedirect(parameters: FormFields, client: ClientRecord): string | Refusal {
  const asked = parameters['redirect_uri'];
  const [only, ...others] = client.redirect_uris;
  if ((asked === undefined || asked === '') && only !== undefined && others.length === 0) return only;
  if (typeof asked === 'string' && isRegisteredRedirect(asked, client.redirect_uris)) return asked;
  return refuse(
    'invalid_request',
    'The app asked for a redirect to an address that it did not register',
    'redirect_uri is missing, or is none of those that the app registered. In the app, remove the connector and add it again.',
  );
}

/** Errors redirect automatically only to a place where the client was approved, so that this is no open redirector. */
function answerError(
  core: Core,
  view: StateView,
  request: { parameters: FormFields; client: ClientRecord; redirectUri: string; peer: Peer },
  error: OAuthError,
): AuthorizeAnswer {
  const { parameters, client, redirectUri, peer } = request;
  const state = parameters['state'];
  const location = redirectLocation(redirectUri, {
    error: error.code,
    error_description: error.message,
    state: typeof state === 'string' ? state : undefined,
    iss: peer.issuer ?? core.issuer,
  });
  if (lastApprovedAt(client, redirectUri) !== undefined && hasLiveGrant(view, client.client_id, core.now())) {
    return { kind: 'redirect', location };
  }
  const description = `The app sent a request that is not valid: ${error.message}.`;
  return { ...refuse(error.code, 'The request of the app is not valid', description), link: location };
}

function hasLiveGrant(view: StateView, clientId: string, now: number): boolean {
  for (const [grantId] of view.grantsOf(clientId)) if (hasLiveToken(view, grantId, now)) return true;
  return false;
}

const unread: Refusal = {
  kind: 'refused',
  status: 503,
  error: 'temporarily_unavailable',
  title: 'The logins cannot be read at the moment',
  description: 'Nothing is lost. Wait a little and load this page again. The log of the server says what is wrong.',
  retryAfterSeconds: 5,
};

function refuse(error: string, title: string, description: string): Refusal {
  return { kind: 'refused', status: 400, error, title, description };
}
