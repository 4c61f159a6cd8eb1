/** A request as the client sent it; `{name}` stands for what differs in each login. */
export interface RecordedRequest {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly status: number;
}

export interface RecordedLogin {
  readonly client: string;
  /** Whether client ID metadata documents were offered. */
  readonly offered: boolean;
  /** The client's document, where it used one. */
  readonly documentUrl?: string;
  readonly redirectUri: string;
  readonly requests: readonly RecordedRequest[];
}

const claudeGet = { accept: '*/*', 'mcp-protocol-version': '2025-11-25', 'user-agent': 'Bun/1.4.0' };
const claudeJson = { ...claudeGet, accept: 'application/json' };
const claudeForm = {
  accept: 'application/json',
  'content-type': 'application/x-www-form-urlencoded',
  'user-agent': 'Bun/1.4.0',
};
const codexGet = { accept: '*/*', 'mcp-protocol-version': '2024-11-05', 'user-agent': 'codex-mcp-client/0.169.0' };
const codexForm = { ...claudeForm, 'user-agent': 'codex-mcp-client/0.169.0' };
const resourceMetadata = '/.well-known/oauth-protected-resource/mcp';
const serverMetadata = '/.well-known/oauth-authorization-server';

const get = (path: string, headers: Readonly<Record<string, string>>, status = 200): RecordedRequest => ({
  method: 'GET',
  path,
  headers,
  status,
});
const claudeDiscovery = [get(resourceMetadata, claudeGet), get(serverMetadata, claudeJson)];
const codexDiscovery = [get('/mcp', codexGet, 401), get(resourceMetadata, codexGet), get(serverMetadata, codexGet)];
const claudeAuthorize = get(
  '/authorize?response_type=code&client_id={clientId}&code_challenge={challenge}&code_challenge_method=S256' +
    '&redirect_uri={redirectUri}&state=Fkj_XNtoF2rmSW47QPINBv_QvhjgvGwjPnHpv-iLpAY' +
    '&scope=vault%3Aread+vault%3Awrite+offline_access&resource={resource}',
  { accept: 'text/html' },
  302,
);
const codexAuthorize = get(
  '/authorize?response_type=code&client_id={clientId}&state=H69rFIk_tt9BG7US9Qd5uQ&code_challenge={challenge}' +
    '&code_challenge_method=S256&redirect_uri={redirectUri}&scope=vault%3Aread+vault%3Awrite+offline_access' +
    '&resource={resource}',
  { accept: 'text/html' },
  302,
);
const claudeToken: RecordedRequest = {
  method: 'POST',
  path: '/token',
  headers: claudeForm,
  body:
    'grant_type=authorization_code&code={code}&code_verifier={verifier}&redirect_uri={redirectUri}' +
    '&resource={resource}&client_id={clientId}',
  status: 200,
};
const codexToken: RecordedRequest = {
  method: 'POST',
  path: '/token',
  headers: codexForm,
  body:
    'grant_type=authorization_code&code={code}&code_verifier={verifier}&client_id={clientId}' +
    '&redirect_uri={redirectUri}&resource={resource}',
  status: 200,
};
const register = (headers: Readonly<Record<string, string>>, body: object): RecordedRequest => ({
  method: 'POST',
  path: '/register',
  headers: { ...headers, accept: '*/*', 'content-type': 'application/json' },
  body: JSON.stringify(body),
  status: 201,
});

/** `claude mcp login` (Claude Code 2.1.197) and `codex mcp login` (Codex 0.169.0), with and without documents on offer. */
export const recordedLogins: readonly RecordedLogin[] = [
  {
    client: 'Claude Code',
    offered: true,
    documentUrl: 'https://claude.ai/oauth/claude-code-client-metadata',
    redirectUri: 'http://localhost:56761/callback',
    requests: [...claudeDiscovery, ...claudeDiscovery, claudeAuthorize, ...claudeDiscovery.toReversed(), claudeToken],
  },
  {
    client: 'Claude Code',
    offered: false,
    redirectUri: 'http://localhost:63502/callback',
    requests: [
      ...claudeDiscovery,
      ...claudeDiscovery,
      register(claudeGet, {
        client_name: 'Claude Code (vault)',
        redirect_uris: ['http://localhost:63502/callback'],
        grant_types: ['authorization_code', 'refresh_token'],
        response_types: ['code'],
        token_endpoint_auth_method: 'none',
        scope: 'vault:read vault:write',
      }),
      claudeAuthorize,
      ...claudeDiscovery.toReversed(),
      claudeToken,
    ],
  },
  {
    client: 'Codex',
    offered: true,
    documentUrl: 'https://chatgpt.com/oauth/codex/client.json',
    redirectUri: 'http://127.0.0.1:37841/callback',
    requests: [...codexDiscovery, ...codexDiscovery, codexAuthorize, codexToken],
  },
  {
    client: 'Codex',
    offered: false,
    redirectUri: 'http://127.0.0.1:46571/callback',
    requests: [
      ...codexDiscovery,
      ...codexDiscovery,
      register(codexGet, {
        client_name: 'Codex',
        redirect_uris: ['http://127.0.0.1:46571/callback'],
        grant_types: ['authorization_code', 'refresh_token'],
        token_endpoint_auth_method: 'none',
        response_types: ['code'],
        scope: 'vault:read vault:write offline_access',
        application_type: 'native',
      }),
      codexAuthorize,
      codexToken,
    ],
  },
];
