import { VaultMcpError } from '../errors.js';

/** A search that could not be answered. */
export class SearchError extends VaultMcpError {
  declare readonly code: 'search_closed' | 'search_failed';

  constructor(code: SearchError['code'], message: string, options: { cause?: unknown; hint?: string } = {}) {
    super(code, message, options);
  }
}
