import type { ClientRecord } from '../../state/schema.js';
import { clientDocumentUrl, readClientDocument } from './client-metadata-document.js';
import type { FetchJson, FetchReason } from './guarded-fetch.js';

const documentBytes = 5 * 1024;
const keptInMemory = 200;

export interface ClientDocuments {
  /**
   * Returns the client that a document describes: `stored` (or one kept in memory) while it is fresh, else the document
   * as fetched now. Undefined when the client_id names no document. Rejects with FetchError or ClientDocumentError.
   */
  find(clientId: string, stored: ClientRecord | undefined): Promise<ClientRecord | undefined>;
}

export interface ClientDocumentsOptions {
  issuer: string;
  fetchJson: FetchJson;
  /** Returns those of a document's redirect URIs that registration would take; throws when none is. */
  checkRedirectUris: (uris: readonly string[]) => readonly string[];
  now: () => number;
}

/** Fetches Client ID Metadata Documents and keeps them by their headers; an error is never kept, and the state file is not touched. */
export function createClientDocuments(options: ClientDocumentsOptions): ClientDocuments {
  const { issuer, fetchJson, checkRedirectUris, now } = options;
  const kept = new Map<string, ClientRecord>();
  const underWay = new Map<string, Promise<ClientRecord>>();

  async function fetchClient(clientId: string, url: URL, reason: FetchReason): Promise<ClientRecord> {
    const { json, maxAgeSeconds } = await fetchJson(url, documentBytes, reason);
    const client = readClientDocument(clientId, json, now(), maxAgeSeconds);
    const usable = { ...client, redirect_uris: checkRedirectUris(client.redirect_uris) };
    kept.delete(clientId);
    kept.set(clientId, usable);
    for (const oldest of kept.keys()) {
      if (kept.size <= keptInMemory) break;
      kept.delete(oldest);
    }
    return usable;
  }

  return {
    async find(clientId, stored) {
      const url = clientDocumentUrl(clientId, issuer);
      if (url === undefined) return undefined;
      for (const known of [kept.get(clientId), stored]) {
        if (known !== undefined && (known.fresh_until ?? 0) > now()) return known;
      }
      const running = underWay.get(clientId);
      if (running !== undefined) return running;
      // Only an approval stores what a document describes.
      const reason = stored === undefined ? 'anybody' : 'approved';
      const fetching = fetchClient(clientId, url, reason).finally(() => underWay.delete(clientId));
      underWay.set(clientId, fetching);
      return fetching;
    },
  };
}
