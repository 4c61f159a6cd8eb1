/** A small seeded generator (mulberry32): the same seed makes the same requests. */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

export interface RandomRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: Record<string, string>;
  readonly body: string | undefined;
}

/** What a fuzzer may know of the server, so that it gets past the first check now and then. */
export interface Known {
  readonly clientId: string;
  readonly requestId: string;
  readonly token: string;
}

const paths = [
  '/mcp',
  '/mcp/',
  '/authorize',
  '/oauth/approve',
  '/token',
  '/register',
  '/revoke',
  '/healthz',
  '/metrics',
  '/.well-known/oauth-authorization-server',
  '/.well-known/oauth-protected-resource/mcp',
  '/',
  '/nothing',
];
const methods = ['GET', 'POST', 'POST', 'POST', 'PUT', 'DELETE', 'HEAD', 'OPTIONS', 'PATCH', 'TRACE', 'PROPFIND'];
const types = [
  'application/json',
  'application/x-www-form-urlencoded',
  'application/json; charset=utf-16',
  'application/x-www-form-urlencoded; charset=iso-8859-1',
  'text/plain',
  'multipart/form-data; boundary=x',
  'nonsense',
  ';',
];
const parameters = [
  'client_id',
  'client_secret',
  'redirect_uri',
  'response_type',
  'code_challenge',
  'code_challenge_method',
  'code',
  'code_verifier',
  'refresh_token',
  'grant_type',
  'scope',
  'state',
  'resource',
  'token',
  'token_type_hint',
  'request_id',
  'pin',
  'action',
  'read_only',
  'client_assertion',
  'client_assertion_type',
  '__proto__',
  'constructor',
  'toString',
];
const members = [
  'redirect_uris',
  'client_name',
  'grant_types',
  'response_types',
  'token_endpoint_auth_method',
  'scope',
];
const toolNames = ['vault_read', 'vault_write', 'vault_search', 'vault_list', 'nothing', '__proto__'];

/** Returns a request that is sometimes nearly right, and mostly not. */
export function randomRequest(random: () => number, known: Known): RandomRequest {
  const pick = <T>(choices: readonly T[]): T => choices[Math.floor(random() * choices.length)] as T;
  const chance = (share: number) => random() < share;
  const values = [
    known.clientId,
    known.requestId,
    known.token,
    'authorization_code',
    'refresh_token',
    'S256',
    'code',
    'plain',
    'approve',
    'deny',
    'https://claude.ai/api/mcp/auth_callback',
    'http://localhost:1/cb',
    'cursor://x',
    'javascript:alert(1)',
    'https://[::1',
    'https://x.example/client',
    'vault:read vault:write',
    'E9Melhoa2OwvFrEMTJguCHaoeK1t8URwHbuSt3rLEWs',
    '',
    ' ',
    '\u0000',
    '\r\nSet-Cookie: a=b',
    '"><script>',
    '🗝️'.repeat(50),
    'a'.repeat(3_000),
    '%',
    '-1',
    '1e400',
    'NaN',
  ];

  function form(): string {
    const pairs: string[] = [];
    for (let i = Math.floor(random() * 9); i > 0; i--) {
      const value = pick(values);
      pairs.push(`${pick(parameters)}=${chance(0.9) ? encodeURIComponent(value) : '%zz%'}`);
    }
    return pairs.join('&');
  }

  function json(depth: number): unknown {
    const kind = random();
    if (depth === 0 || kind < 0.4) return pick([...values, '\ud800', 0, -1, 1e300, true, false, null]);
    if (kind < 0.6) return Array.from({ length: Math.floor(random() * 4) }, () => json(depth - 1));
    const entries = Array.from({ length: Math.floor(random() * 5) }, () => [
      pick([...members, ...parameters]),
      json(depth - 1),
    ]);
    return Object.fromEntries(entries as [string, unknown][]);
  }

  function rpc(): unknown {
    const message = {
      jsonrpc: chance(0.9) ? '2.0' : json(0),
      id: chance(0.8) ? Math.floor(random() * 100) : json(1),
      method: pick(['initialize', 'tools/list', 'tools/call', 'tools/call', 'ping', 'server/discover', 'nothing']),
      params: chance(0.6) ? { name: pick(toolNames), arguments: json(2), _meta: json(2) } : json(2),
    };
    return chance(0.1) ? [message, json(1)] : message;
  }

  function garbage(): string {
    const bytes = Array.from({ length: Math.floor(random() * 200) }, () => Math.floor(random() * 256));
    const depth = Math.floor(random() * 8_000);
    const nested = `${'['.repeat(depth)}${']'.repeat(depth)}`;
    return chance(0.2) ? nested : String.fromCharCode(...bytes);
  }

  const method = pick(methods);
  const kind = random();
  const body =
    kind < 0.35 ? form() : kind < 0.6 ? JSON.stringify(rpc()) : kind < 0.8 ? JSON.stringify(json(3)) : garbage();
  const headers: Record<string, string> = {};
  if (chance(0.95))
    headers['Content-Type'] =
      kind < 0.35 && chance(0.9) ? (types[1] ?? '') : chance(0.8) ? (types[0] ?? '') : pick(types);
  if (chance(0.6)) {
    const basic = Buffer.from(`${pick(values)}:${pick(values)}`).toString('base64');
    headers['Authorization'] = pick([
      `Bearer ${known.token}`,
      `Bearer ${known.token}`,
      'Bearer x',
      `Basic ${basic}`,
      'Basic %',
      'x',
    ]);
  }
  if (chance(0.1)) headers['Origin'] = pick(['null', 'https://evil.example', 'http://localhost:6274', 'x']);
  if (chance(0.1)) headers['Host'] = pick(['evil.example', 'localhost', '[::1]:99999', 'a b', '']);
  if (chance(0.1)) headers['X-Forwarded-For'] = pick(['198.51.100.1', 'x, y', '::ffff:1.2.3.4', 'unknown', ',']);
  if (chance(0.1)) headers['Cookie'] = pick(['vault-mcp-browser=x', 'vault-mcp-browser=', ';;;', '='.repeat(500)]);
  if (chance(0.1)) headers['Content-Encoding'] = pick(['gzip', 'br', 'identity', 'x']);
  if (chance(0.2)) headers['Mcp-Protocol-Version'] = pick(['2025-06-18', '2026-07-28', '1999-01-01', 'x']);
  if (chance(0.1)) headers['Accept'] = pick(['', '*/*', 'text/html', 'application/json']);
  if (chance(0.05)) headers['Cf-Access-Jwt-Assertion'] = pick(['x', 'a.b.c']);
  const query = chance(0.4) ? `?${form()}` : '';
  const path = chance(0.95)
    ? pick(paths)
    : pick(['/%zz', '/%00', '//evil.example/mcp', '/mcp/../token', '/MCP', `/${'a/'.repeat(500)}`]);
  return { method, path: `${path}${query}`, headers, body: method === 'GET' || method === 'HEAD' ? undefined : body };
}
