import { dropOldest } from '../../drop-oldest.js';
import type { ClientRecord } from '../../state/schema.js';
import { ClientDocumentError, clientDocumentUrl, readClientDocument } from './client-metadata-document.js';
import { FetchError, type FetchJson, type FetchReason } from './guarded-fetch.js';

const documentBytes = 5 * 1024;
const keptInMemory = 200;
/** After a failure of the host, the stored document is used this long before the host is asked again. */
const patienceSeconds = 60;

export interface ClientDocuments {
  /**
   * Returns the client that a document describes: `stored` (or one kept in memory) while it is fresh, or while the host
   * does not answer, else the document as fetched now. Undefined when the client_id names no document. Rejects with
   * FetchError, or with ClientDocumentError for a document that is withdrawn or cannot be used.
   */
  find(clientId: string, stored: ClientRecord | undefined): Promise<ClientRecord | undefined>;
}

export interface ClientDocumentsOptions {
  issuer: string;
  fetchJson: FetchJson;
  /** True where nothing is to be fetched: stored documents serve as they are. */
  isOff?: () => boolean;
  now: () => number;
}

/** Fetches Client ID Metadata Documents and keeps them by their headers; an error is never kept, and the state file is not touched. */
export function createClientDocuments(options: ClientDocumentsOptions): ClientDocuments {
  const { issuer, fetchJson, isOff = () => false, now } = options;
  const kept = new Map<string, ClientRecord>();
  const underWay = new Map<string, Promise<ClientRecord>>();
  const failedAt = new Map<string, number>();

  async function fetchClient(clientId: string, url: URL, reason: FetchReason): Promise<ClientRecord> {
    const { json, maxAgeSeconds } = await fetchJson(url, documentBytes, reason).catch((error: unknown) => {
      const isGone = error instanceof FetchError && (error.status === 404 || error.status === 410);
      // To strangers every failed fetch is the same.
      throw isGone && reason === 'approved' ? new ClientDocumentError("the client's metadata document is gone") : error;
    });
    const client = readClientDocument(clientId, json, now(), maxAgeSeconds);
    kept.delete(clientId);
    kept.set(clientId, client);
    dropOldest(kept, keptInMemory);
    return client;
  }

  return {
    async find(clientId, stored) {
      const url = clientDocumentUrl(clientId, issuer);
      if (url === undefined) return undefined;
      for (const known of [kept.get(clientId), stored]) {
        if (known !== undefined && (known.fresh_until ?? 0) > now()) return known;
      }
      if (isOff()) {
        if (stored !== undefined) return stored;
        throw new FetchError('client ID metadata documents are switched off');
      }
      if (stored !== undefined && (failedAt.get(clientId) ?? 0) + patienceSeconds > now()) {
        return kept.get(clientId) ?? stored;
      }
      // Only an approval stores what a document describes.
      const reason = stored === undefined ? 'anybody' : 'approved';
      const running = underWay.get(clientId);
      const fetching = running ?? fetchClient(clientId, url, reason).finally(() => underWay.delete(clientId));
      underWay.set(clientId, fetching);
      try {
        return await fetching;
      } catch (error) {
        if (stored === undefined || !(error instanceof FetchError)) throw error;
        failedAt.set(clientId, now());
        return kept.get(clientId) ?? stored;
      }
    },
  };
}
