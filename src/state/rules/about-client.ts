import { displayName, displayText } from '../../foreign-text.js';
import type { ClientRecord, StateView } from '../schema.js';

/** How a line of a log names a client. */
export type AboutClient = { readonly client: string; readonly client_name?: string };

/** Returns what a line says of a client, known or not. */
export function aboutClient(view: StateView, clientId: string): AboutClient {
  const name = shownName(view.clients.get(clientId));
  return { client: displayText(clientId, 200), ...(name === undefined ? {} : { client_name: name }) };
}

/** Returns the name that a client gave itself, fit to be shown; undefined where it has none, or nothing of it can be shown. */
export function shownName(client: ClientRecord | undefined): string | undefined {
  return (typeof client?.client_name === 'string' && displayName(client.client_name)) || undefined;
}
