import { VaultMcpError } from '../errors.js';

/** The error codes of RFC 6749, 7009, 7591 and 8707 that this server answers with. */
export type OAuthErrorCode =
  | 'invalid_request'
  | 'invalid_client'
  | 'invalid_grant'
  | 'invalid_target'
  | 'unauthorized_client'
  | 'unsupported_grant_type'
  | 'unsupported_response_type'
  | 'unsupported_token_type'
  | 'invalid_redirect_uri'
  | 'invalid_client_metadata'
  | 'access_denied'
  | 'server_error'
  | 'temporarily_unavailable'
  | 'too_many_requests';

const statusOf: { readonly [code in OAuthErrorCode]?: number } = {
  invalid_client: 401,
  server_error: 500,
  temporarily_unavailable: 503,
  too_many_requests: 429,
};

/** A failure that is sent to the client: `code` and `message` become `error` and `error_description` (ASCII, no quotes, no secret). */
export class OAuthError extends VaultMcpError {
  declare readonly code: OAuthErrorCode;
  readonly retryAfterSeconds: number | undefined;

  constructor(
    code: OAuthErrorCode,
    description: string,
    options: { cause?: unknown; retryAfterSeconds?: number } = {},
  ) {
    super(code, description, options);
    this.retryAfterSeconds = options.retryAfterSeconds;
  }

  /** The HTTP status (RFC 6749, section 5.2). */
  get status(): number {
    return statusOf[this.code] ?? 400;
  }
}
