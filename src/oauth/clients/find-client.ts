import { defined } from '../../defined.js';
import type { ClientRecord, StateView } from '../../state/schema.js';
import type { ClientDocuments } from './client-documents.js';
import { ClientDocumentError } from './client-metadata-document.js';
import { FetchError } from './guarded-fetch.js';

/** Returns the client of an authorization request, registered or described by a document; rejects as ClientDocuments does. */
export async function findClient(
  view: StateView,
  clientId: string,
  documents: ClientDocuments,
): Promise<ClientRecord | undefined> {
  const stored = view.clients.get(clientId);
  const described = await documents.find(clientId, stored);
  if (described === undefined || stored === undefined) return described ?? stored;
  return withServerFields(described, stored);
}

/** Returns the client of a request to /token or /revoke. If its document cannot be fetched, the last known one is used. */
export async function findStoredClient(
  view: StateView,
  clientId: string,
  documents: ClientDocuments,
): Promise<ClientRecord | undefined> {
  const stored = view.clients.get(clientId);
  if (stored === undefined) return undefined;
  try {
    return await findClient(view, clientId, documents);
  } catch (error) {
    if (isUnusableDocument(error)) return stored;
    throw error;
  }
}

/** Returns whether an error means that a client's document cannot be fetched or used. */
export function isUnusableDocument(error: unknown): error is FetchError | ClientDocumentError {
  return error instanceof FetchError || error instanceof ClientDocumentError;
}

/** What this server notes about a client, whatever its document says. */
const serverFields = [
  'client_id_issued_at',
  'approved_at',
  'last_used_at',
  'revoked_before',
  'registration',
  'approved_browsers',
  'approved_redirects',
  'added_at',
] as const satisfies readonly (keyof ClientRecord)[];

/** Returns what the document says, and what this server has noted about the client since. */
export function withServerFields(described: ClientRecord, stored: ClientRecord): ClientRecord {
  return { ...described, ...defined(Object.fromEntries(serverFields.map((name) => [name, stored[name]]))) };
}
