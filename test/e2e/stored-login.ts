import { randomBytes } from 'node:crypto';

/** What a client keeps of its login between calls; serves the OAuthClientProvider interface of both SDKs. */
export class StoredLogin<Client, Tokens> {
  readonly redirectUrl = 'http://127.0.0.1:9/callback';
  readonly clientMetadata = {
    client_name: 'End-to-end client',
    redirect_uris: [this.redirectUrl],
    grant_types: ['authorization_code', 'refresh_token'],
    response_types: ['code'],
    token_endpoint_auth_method: 'none',
  };
  /** Where the client sent its person; undefined while it never had to. */
  authorizationUrl: URL | undefined;
  /** How often the person was sent to log in. */
  logins = 0;
  #client: Client | undefined;
  #tokens: Tokens | undefined;
  #verifier = '';
  readonly #state = randomBytes(8).toString('hex');

  state(): string {
    return this.#state;
  }
  clientInformation(): Client | undefined {
    return this.#client;
  }
  saveClientInformation(client: Client): void {
    this.#client = client;
  }
  tokens(): Tokens | undefined {
    return this.#tokens;
  }
  saveTokens(tokens: Tokens): void {
    this.#tokens = tokens;
  }
  redirectToAuthorization(url: URL): void {
    this.authorizationUrl = url;
    this.logins += 1;
  }
  saveCodeVerifier(verifier: string): void {
    this.#verifier = verifier;
  }
  codeVerifier(): string {
    return this.#verifier;
  }
}
