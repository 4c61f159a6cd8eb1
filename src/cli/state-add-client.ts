import { displayText } from '../foreign-text.js';
import { addClient } from '../oauth/register/add-client.js';
import { isRedirectUri } from '../oauth/register/redirect-uris.js';
import { openCommandStore } from '../state/store/open-command-store.js';
import { findBlindServer } from './blind-server.js';
import { UsageError } from './errors.js';
import type { Io } from './io.js';
import { jsonVersion } from './state-output.js';
import { statePathOf } from './state-path.js';
import type { Terminal } from './terminal.js';

export interface AddClientOptions {
  statePath?: string;
  name: string;
  redirectUri: string[];
  secret?: boolean;
  json?: boolean;
}

const longestName = 200;
const mostRedirectUris = 10;

/** Adds a client for an app that asks a person for an ID, and perhaps a secret, and prints them this once. */
export async function addClientByHand(options: AddClientOptions, io: Io, terminal: Terminal): Promise<number> {
  const path = statePathOf(options, io);
  const name = options.name.trim();
  if (name === '' || name.length > longestName) {
    throw new UsageError('--name is empty or too long', 'name the app, in a few words');
  }
  const redirectUris = options.redirectUri;
  if (redirectUris.length > mostRedirectUris) {
    throw new UsageError(`more than ${mostRedirectUris} redirect URIs are given`, 'add a second client for the rest');
  }
  const bad = redirectUris.find((uri) => !isRedirectUri(uri));
  if (bad !== undefined) {
    throw new UsageError(
      `${JSON.stringify(displayText(bad, 200))} is not a valid redirect URI`,
      'use the URI that the app shows: https, http with a loopback host, or an app link; without user and fragment',
    );
  }
  const hasSecret = options.secret === true;
  const store = await openCommandStore(path);
  try {
    const { value } = await store.update((draft, at) => addClient(draft, at, { name, redirectUris, hasSecret }));
    const clientId = value.client.client_id;
    if (options.json === true) {
      const { clientSecret: client_secret = null } = value;
      terminal.print(JSON.stringify({ json_version: jsonVersion, client_id: clientId, client_secret }));
    } else {
      terminal.print(`client ID      ${clientId}`);
      if (value.clientSecret !== undefined) {
        terminal.print(`client secret  ${value.clientSecret}`);
        terminal.note('the secret is shown only once; the state file has only its hash');
      }
      terminal.hint('if the app asks for URLs, enter <URL>/authorize, <URL>/token and <URL>/mcp');
    }
    return await findBlindServer(store, [clientId], io, terminal);
  } finally {
    await store.close();
  }
}
