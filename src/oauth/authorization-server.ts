/** The caller that a valid access token or an assertion of Cloudflare Access identifies. The latter has an empty grant id. */
export interface Caller {
  readonly clientId: string;
  readonly grantId: string;
  readonly scopes: readonly string[];
  /** True when asking for a wider scope can succeed: the person did not narrow what the client asked for. */
  readonly canAskForMore?: boolean;
  /** When the access token expires, in seconds since the epoch. */
  readonly expiresAt?: number;
}

/** Where a request comes from: the address behind trusted proxies, and the cookie of a browser that approved before. */
export interface Peer {
  /** The ID of the request in the log. */
  readonly requestId: string;
  readonly address: string;
  readonly userAgent?: string;
  readonly browser?: string;
  /** The server's URL that the request used, without a trailing slash; absent for the issuer. */
  readonly issuer?: string;
  /** True for a browser on the server's own machine, with no proxy between. */
  readonly isConsole?: boolean;
}

/** RFC 6749, section 3.2: the form of a request to /token or /revoke; a repeated parameter is an array. */
export type FormFields = Readonly<Record<string, string | readonly string[] | undefined>>;

export type AuthorizeAnswer =
  /** The request waits for its approval at `/oauth/approve?request_id=…`. */
  | { readonly kind: 'approval'; readonly requestId: string }
  /** The client gets an error at its redirect URI at once. */
  | { readonly kind: 'redirect'; readonly location: string }
  /** A page for the person: what is wrong, what to do, and a link back to the client when that is safe to offer. */
  | {
      readonly kind: 'refused';
      readonly status: number;
      readonly error: string;
      readonly title: string;
      readonly description: string;
      readonly link?: string;
      readonly retryAfterSeconds?: number;
    };

/** What the approval page shows of a pending request; foreign text is cleaned and capped, but not escaped. */
export interface PendingApproval {
  readonly kind: 'pending';
  readonly requestId: string;
  readonly clientName: string | undefined;
  /** For Client ID Metadata Documents: the host that vouches for the client. */
  readonly clientHost: string | undefined;
  /** ASCII (punycode); for private-use schemes the scheme with its colon. */
  readonly redirectHost: string;
  readonly redirectsToLoopback: boolean;
  /** What was asked for; `vault:write` can be left out by the person. */
  readonly scopes: readonly string[];
  /** Seconds since the epoch; undefined = never approved before. */
  readonly lastApprovedAt: number | undefined;
  readonly expiresAt: number;
  /** Seconds until a PIN is accepted again; absent if there is no lock-out. */
  readonly lockedSeconds?: number;
}

/**
 * `gone`: expired, unknown, or from before a restart. `done`: already decided. Its redirect carries a code, so it is
 * repeated only to a person who knows the PIN (`decide`), not to everybody who knows the request.
 */
export type Approval = PendingApproval | { readonly kind: 'gone' } | { readonly kind: 'done' };

export interface Decision {
  readonly action: 'approve' | 'deny';
  readonly pin: string;
  readonly readOnly: boolean;
}

export type DecisionAnswer =
  /** `browser`: the cookie value by which this browser is known from now on. */
  | { readonly kind: 'redirect'; readonly location: string; readonly browser?: string }
  | { readonly kind: 'wrong_pin'; readonly request: PendingApproval; readonly attemptsLeft: number }
  | { readonly kind: 'locked'; readonly request: PendingApproval; readonly retryAfterSeconds: number }
  | { readonly kind: 'gone' };

/** RFC 6749, section 5.1. */
export interface TokenAnswer {
  readonly access_token: string;
  readonly token_type: 'Bearer';
  readonly expires_in: number;
  readonly refresh_token?: string;
  readonly scope: string;
}

/** Single operator, approved by a PIN; its endpoints are mounted by src/http/oauth-routes.ts. Failures are OAuthError. */
export interface AuthorizationServer {
  /** The public URL without a trailing slash. */
  readonly issuer: string;
  /** The RFC 8707 resource: the issuer with a path, `/mcp` for a vault. */
  readonly resource: string;
  /** Former public URLs whose grants are valid, without a trailing slash. Requests may use them too. */
  readonly formerIssuers: readonly string[];
  /** The RFC 9728 document's URL under one of the server's URLs, for WWW-Authenticate. */
  resourceMetadataUrl(issuer: string): string;
  /** The RFC 8414 document under one of the server's URLs; it changes with what the server can offer. */
  metadata(issuer: string): Readonly<Record<string, unknown>>;
  /** The RFC 9728 document under one of the server's URLs. */
  resourceMetadata(issuer: string): Readonly<Record<string, unknown>>;
  /**
   * Returns the owner of this token, or undefined if it is unknown, expired or revoked. Throws temporarily_unavailable
   * until the logins have been read. No I/O.
   */
  authenticate(accessToken: string, peer?: () => Peer): Caller | undefined;
  /** The same after a check for changes by other processes: a cheap check for a known token, a full one before a refusal. */
  authenticateAfresh(accessToken: string, peer?: () => Peer): Promise<Caller | undefined>;
  /** RFC 7591; `metadata` is the parsed JSON body. Returns the client information response. */
  register(metadata: unknown, peer: Peer): Promise<Readonly<Record<string, unknown>>>;
  /** RFC 6749, section 4.1.1. */
  authorize(parameters: FormFields, peer: Peer): Promise<AuthorizeAnswer>;
  approval(requestId: string, peer: Peer): Approval;
  /** A second approval of the same request, with the PIN again, repeats its redirect. */
  decide(requestId: string, decision: Decision, peer: Peer): Promise<DecisionAnswer>;
  /** `authorization` is the raw header, for client_secret_basic. */
  token(form: FormFields, authorization: string | undefined, peer: Peer): Promise<TokenAnswer>;
  /** RFC 7009; rejects with temporarily_unavailable while the revocation is not durable. */
  revoke(form: FormFields, authorization: string | undefined, peer: Peer): Promise<void>;
}
