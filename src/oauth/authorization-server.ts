/** What a valid access token stands for. */
export interface AuthenticatedCaller {
  readonly clientId: string;
  readonly grantId: string;
  readonly scopes: readonly string[];
}

/** What the rest of the house needs of the authorization server; its endpoints are mounted by src/http/oauth-routes.ts. */
export interface AuthorizationServer {
  /** The public URL without a trailing slash. */
  readonly issuer: string;
  /** The RFC 8707 resource: issuer + `/mcp`. */
  readonly resource: string;
  /** The RFC 9728 document's URL, for WWW-Authenticate. */
  readonly resourceMetadataUrl: string;
  /** Returns whose token this is, or undefined for one that is unknown, expired or revoked. No I/O. */
  authenticate(accessToken: string): AuthenticatedCaller | undefined;
}
