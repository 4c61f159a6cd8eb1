import assert from 'node:assert/strict';
import { test } from 'node:test';
import { UsageError } from '../../src/cli/errors.js';
import { localUrl } from '../../src/cli/local-url.js';
import { pinRemarks } from '../../src/cli/pin.js';
import type { TypedOptions } from '../../src/cli/serve-options.js';
import { readServeSettings } from '../../src/cli/serve-settings.js';

const read = (typed: TypedOptions, env: Record<string, string> = {}) => readServeSettings(typed, env, '/here');

test('without flags and variables the defaults hold', () => {
  const settings = read({}, { SERVER_PORT: '', OAUTH_PIN: '', OAUTH_ISSUER_URL: '', VAULT_PATH: '' });
  assert.deepEqual(settings, {
    host: '127.0.0.1',
    port: 8091,
    issuerUrl: undefined,
    pin: undefined,
    pinFile: undefined,
    auditFile: undefined,
    given: {},
    warnings: [],
    logFormat: 'text',
    logLevel: 'info',
    options: {
      vaultPath: '/here/vault',
      createVaultIfMissing: true,
      formerIssuerUrls: [],
      clientDocuments: 'auto',
      auth: true,
      allowedHosts: [],
      trustProxy: ['loopback'],
      watch: true,
      readOnly: false,
      ignore: [],
      listUnderscore: false,
      meaning: 'on',
      rateLimit: true,
      clientAddresses: true,
      accessTokenTtlSeconds: 14 * 86_400,
      refreshTokenTtlSeconds: 90 * 86_400,
      refreshGraceSeconds: 86_400,
    },
  });
});

test("the Python server's environment file is understood", () => {
  const settings = read(
    {},
    {
      VAULT_PATH: '/vault',
      SERVER_HOST: '0.0.0.0',
      SERVER_PORT: '8080',
      OAUTH_ISSUER_URL: 'https://vault.example.com/',
      OAUTH_PIN: '123456',
      OAUTH_STATE_PATH: '/data/state.json',
      MCP_ALLOWED_HOSTS: 'vault.example.com, tunnel.example.com:*',
      VAULT_WATCH: 'no',
      CHROMA_PATH: '/data/chroma',
      EMBEDDING_MODEL: 'x',
    },
  );
  assert.equal(settings.host, '0.0.0.0');
  assert.equal(settings.port, 8080);
  assert.equal(settings.issuerUrl, 'https://vault.example.com');
  assert.equal(settings.pin, '123456');
  assert.equal(settings.options.vaultPath, '/vault');
  assert.equal(settings.options.createVaultIfMissing, false);
  assert.equal(settings.options.statePath, '/data/state.json');
  assert.deepEqual(settings.options.allowedHosts, ['vault.example.com', 'tunnel.example.com:*']);
  assert.equal(settings.options.watch, false);
});

test('a flag wins over its variable', () => {
  assert.equal(read({ port: '1' }, { SERVER_PORT: '2' }).port, 1);
  assert.equal(read({ auth: false }, { SERVER_AUTH: 'on' }).options.auth, false);
});

test('paths are taken from the working directory, globs keep their braces', () => {
  const { options } = read({ statePath: 's.json', searchCache: 'c', ignore: 'a/{b,c}/**, d' });
  assert.equal(options.statePath, '/here/s.json');
  assert.equal(options.cataloguePath, '/here/c');
  assert.equal(read({ statePath: 's.json' }).options.cataloguePath, '/here/s.json.catalogue');
  assert.equal(read({}).options.cataloguePath, undefined);
  assert.deepEqual(options.ignore, ['a/{b,c}/**', 'd']);
});

test('~/ is the home folder, whoever failed to expand it; another ~ is spotted', () => {
  const home = { HOME: '/home/me' };
  const { options, pinFile } = read({ statePath: '~/s.json', pinFile: '~/pin' }, { ...home, VAULT_PATH: '~' });
  assert.deepEqual([options.statePath, options.vaultPath, pinFile], ['/home/me/s.json', '/home/me', '/home/me/pin']);
  assert.throws(() => read({ statePath: '~other/s.json' }, home), /^UsageError: --state-path: ~other\/s.json begins/);
  assert.throws(() => read({}, { VAULT_PATH: '~/notes' }), /^UsageError: VAULT_PATH: .* HOME is not set/);
  assert.equal(read({ statePath: './~other' }, home).options.statePath, '/here/~other');
});

test('variables that look like settings and are none are named', () => {
  const warningsOf = (...names: string[]) => read({}, Object.fromEntries(names.map((name) => [name, 'x']))).warnings;
  const meant: [misspelt: string, meant: string][] = [
    ['OAUTH_STATE_PAHT', 'OAUTH_STATE_PATH'],
    ['OAUTH_ISSUER', 'OAUTH_ISSUER_URL'],
    ['OAUTH_PINN', 'OAUTH_PIN'],
    ['VAULT_READONLY', 'VAULT_READ_ONLY'],
    ['VAULT_PATH_', 'VAULT_PATH'],
    ['MCP_ALLOWED_HOST', 'MCP_ALLOWED_HOSTS'],
    ['SERVER_PROT', 'SERVER_PORT'],
    ['LOG_LEVLE', 'LOG_LEVEL'],
  ];
  for (const [misspelt, name] of meant) {
    assert.deepEqual(warningsOf(misspelt), [`${misspelt} is not a setting: did you mean ${name}?`]);
  }
  assert.deepEqual(warningsOf('VAULT_ADDR_BOOK', 'OAUTH_FOO'), [
    'OAUTH_FOO is not a setting, and has no effect',
    'VAULT_ADDR_BOOK is not a setting, and has no effect',
  ]);
  assert.deepEqual(warningsOf('SERVER_NAME', 'LOGNAME', 'PATH', 'CHROMA_PATH', 'EMBEDDING_MODEL', 'LOG_DIRECTORY'), []);
});

test('Cloudflare Access is whole or absent', () => {
  const whole = { accessTeam: 'team', accessAudience: 'tag', accessAllow: 'me@example.com' };
  assert.deepEqual(read(whole).options.cloudflareAccess, {
    teamUrl: 'https://team.cloudflareaccess.com',
    audience: 'tag',
    allow: ['me@example.com'],
    scopes: ['vault:read'],
  });
  for (const missing of ['accessTeam', 'accessAudience', 'accessAllow'] as const) {
    const { [missing]: _, ...half } = whole;
    assert.throws(() => read(half), /half configured/);
  }
  assert.throws(() => read({}, { CF_ACCESS_SCOPES: 'vault:read' }), /half configured/);
  assert.throws(() => read({ ...whole, accessScopes: 'vault:admin' }), /vault:admin/);
  assert.throws(() => read({ ...whole, accessTeam: 'https://evil.example' }), /team name/);
});

test('search by meaning has an endpoint and a model, and its key by variable only', () => {
  const whole = { embeddingsUrl: 'http://127.0.0.1:11434/api/embed', embeddingModel: 'nomic-embed-text' };
  const embeddings = { url: whole.embeddingsUrl, model: whole.embeddingModel };
  assert.deepEqual(read(whole).options.embeddings, embeddings);
  assert.deepEqual(read(whole, { VAULT_EMBEDDINGS_API_KEY: 'sk-1' }).options.embeddings, {
    ...embeddings,
    apiKey: 'sk-1',
  });
  assert.equal(read({}, { VAULT_EMBEDDINGS_API_KEY: 'sk-1' }).options.embeddings, undefined);
  assert.deepEqual(read({ ...whole, embeddingPrefixes: 'q: |p: ' }).options.embeddings, {
    ...embeddings,
    prefixes: { query: 'q: ', passage: 'p: ' },
  });
  assert.throws(() => read({ ...whole, embeddingPrefixes: 'q: ' }), /--embedding-prefixes is not two texts/);
  assert.equal(read({}).options.meaning, 'on');
  assert.equal(read({}, { VAULT_MEANING: 'off' }).options.meaning, 'off');
  assert.throws(() => read(whole, { VAULT_EMBEDDINGS_API_KEY: 'sk-1\nX: y' }), /^UsageError: VAULT_EMBEDDINGS_API_KEY/);
  assert.throws(() => read({ embeddingsUrl: whole.embeddingsUrl }), /half configured: --embedding-model is missing/);
  assert.throws(() => read({}, { VAULT_EMBEDDING_MODEL: 'x' }), /half configured: --embeddings-url is missing/);
  for (const [url, reason] of [
    ['127.0.0.1:11434', /is not a/],
    ['ftp://a.example', /is not an http or https URL/],
    ['https://me:secret@a.example/v1', /^UsageError: --embeddings-url has a user name or password$/],
    ['https://a.example/v1#x', /has a fragment/],
    ['http://127.0.0.1:11434/api/embeddings', /old endpoint/],
  ] as const) {
    assert.throws(() => read({ ...whole, embeddingsUrl: url }), reason, url);
  }
});

test('what cannot be used names the flag or variable it came from', () => {
  const bad: [TypedOptions, Record<string, string>, RegExp][] = [
    [{ port: '65536' }, {}, /^--port: "65536"/],
    [{ port: '8o91' }, {}, /^--port/],
    [{}, { SERVER_PORT: '-1' }, /^SERVER_PORT/],
    [{ host: '' }, {}, /^--host is empty/],
    [{ issuerUrl: 'vault.example.com' }, {}, /^--issuer-url/],
    [{ issuerUrl: 'http://vault.example.com' }, {}, /is not https/],
    [{ issuerUrl: 'http://127.0.0.1.example.com' }, {}, /is not https/],
    [{ issuerUrl: 'ftp://vault.example.com' }, {}, /is not an https URL/],
    [{ issuerUrl: 'https://vault.example.com/mcp' }, {}, /ends in \/mcp/],
    [{ issuerUrl: 'https://vault.example.com/notes/mcp/' }, {}, /ends in \/mcp/],
    [{ issuerUrl: 'https://vault.example.com/.well-known/x' }, {}, /has a path that cannot be used/],
    [{ issuerUrl: 'https://vault.example.com/a%2Fb' }, {}, /has a path that cannot be used/],
    [{ issuerUrl: 'https://vault.example.com/a//b' }, {}, /has a path that cannot be used/],
    [{ alsoIssuer: 'http://vault.example.com' }, {}, /^--also-issuer.*is not https/],
    [{}, { OAUTH_ALSO_ISSUER: 'https://a.example,x' }, /^OAUTH_ALSO_ISSUER: x is not a URL/],
    [{ clientDocuments: 'maybe' }, {}, /^--client-documents: "maybe"/],
    [{}, { OAUTH_PIN: ' \t' }, /^OAUTH_PIN is blank/],
    [{ host: '192.168.1.5' }, {}, /^--host 192\.168\.1\.5 cannot be reached at/],
    [{ host: 'fd00::1' }, {}, /^--host fd00::1 cannot be reached at/],
    [{ issuerUrl: 'https://me:secret@vault.example.com' }, {}, /has other parts than a host, a port and a path$/],
    [{ issuerUrl: 'https://vault.example.com?x' }, {}, /has other parts than a host, a port and a path$/],
    [{ accessTokenTtl: '30' }, {}, /^--access-token-ttl: "30" is not a duration/],
    [{ accessTokenTtl: '0d' }, {}, /is not a duration/],
    [{ refreshTokenTtl: '9999d' }, {}, /is not a duration/],
    [{}, { OAUTH_REFRESH_GRACE: '1w' }, /^OAUTH_REFRESH_GRACE/],
    [{}, { VAULT_WATCH: 'maybe' }, /^VAULT_WATCH: "maybe" is neither on nor off/],
    [{ logFormat: 'xml' }, {}, /^--log-format/],
    [{ logLevel: 'trace' }, {}, /^--log-level/],
    [{ allowedHosts: '*' }, {}, /^--allowed-hosts: "\*"/],
    [{ allowedHosts: 'https://a.example' }, {}, /^--allowed-hosts/],
    [{ trustProxy: '10.0.0.0/33' }, {}, /^--trust-proxy/],
    [{ trustProxy: 'all' }, {}, /^--trust-proxy/],
    [{ pinFile: '/p' }, { OAUTH_PIN: '1234' }, /both/],
  ];
  for (const [typed, env, message] of bad) {
    assert.throws(
      () => read(typed, env),
      (error) => error instanceof UsageError && message.test(error.message) && error.hint !== undefined,
      JSON.stringify([typed, env]),
    );
  }
});

test('http is accepted for loopback, ranges and names for proxies', () => {
  for (const url of ['http://127.0.0.1:1', 'http://localhost:8091', 'http://[::1]:8091']) {
    assert.equal(read({ issuerUrl: `${url}/` }).issuerUrl, url);
  }
  assert.deepEqual(read({ trustProxy: 'loopback,10.0.0.0/8,fd00::/8,192.0.2.1' }).options.trustProxy?.length, 4);
});

test('without authentication nothing but this machine gets in', () => {
  assert.equal(read({ auth: false }).options.auth, false);
  assert.equal(read({ auth: false, host: '[::1]', issuerUrl: 'http://[::1]:8091' }).host, '::1');
  for (const reach of [
    { host: '0.0.0.0' },
    { host: '::' },
    { host: '192.168.1.2' },
    { issuerUrl: 'https://vault.example.com' },
    { allowedHosts: 'vault.example.com' },
    { accessTeam: 't', accessAudience: 'a', accessAllow: 'b' },
  ]) {
    assert.throws(() => read({ auth: false, ...reach }), /^UsageError: --no-auth is for this machine only/);
  }
});

test('a public URL may have a path, and former ones may be named, by several flags or with commas', () => {
  for (const [given, read_] of [
    ['https://vault.example.com/', 'https://vault.example.com'],
    ['https://vault.example.com/notes/', 'https://vault.example.com/notes'],
    ['https://VAULT.example.com:443/a/b-c_d.e~f', 'https://vault.example.com/a/b-c_d.e~f'],
    ['http://localhost:8091/x', 'http://localhost:8091/x'],
  ] as const) {
    assert.equal(read({ issuerUrl: given }).issuerUrl, read_);
  }
  const { formerIssuerUrls } = read({ alsoIssuer: 'http://127.0.0.1:8091/,https://old.example/notes' }).options;
  assert.deepEqual(formerIssuerUrls, ['http://127.0.0.1:8091', 'https://old.example/notes']);
});

test('the local URL is one where the server listens', () => {
  for (const [host, url] of [
    ['127.0.0.1', 'http://127.0.0.1:1'],
    ['127.0.0.2', 'http://127.0.0.2:1'],
    ['localhost', 'http://localhost:1'],
    ['::1', 'http://[::1]:1'],
    ['0.0.0.0', 'http://127.0.0.1:1'],
    ['::', 'http://127.0.0.1:1'],
  ] as const) {
    assert.equal(read({ host }).host, host);
    assert.equal(localUrl(host, 1), url);
  }
});

test('what was hardly meant draws a warning: a PIN with things around it, and a port that the cloud does not dial', () => {
  const warned: [env: Record<string, string>, RegExp][] = [
    [{ OAUTH_PIN: '1234 5678\r' }, /carriage return/],
    [{ OAUTH_PIN: '"correct horse"' }, /quotes around the PIN/],
    [{ OAUTH_PIN: "'correct horse'" }, /quotes around the PIN/],
    [{ OAUTH_PIN: ' correct horse' }, /blanks around the PIN/],
    [{ OAUTH_PIN: 'correct horse\t' }, /blanks around the PIN/],
    [{ OAUTH_PIN: '\ufeffcorrect horse' }, /byte order mark/],
    [{ OAUTH_ISSUER_URL: 'https://vault.example.com:8443' }, /has port 8443: claude\.ai/],
    [{ HTTPS_PROXY: 'socks5://proxy:1080' }, /^HTTPS_PROXY is not the URL of an http or https proxy/],
  ];
  for (const [env, message] of warned) assert.match(read({}, env).warnings.join(), message, JSON.stringify(env));
  for (const env of [
    { OAUTH_PIN: 'it"s a "pin"' },
    { OAUTH_PIN: '"' },
    { OAUTH_PIN: "don't" },
    { OAUTH_ISSUER_URL: 'https://vault.example.com:443' },
    { OAUTH_ISSUER_URL: 'http://127.0.0.1:9000' },
  ] as Record<string, string>[]) {
    assert.deepEqual(read({}, env).warnings, [], JSON.stringify(env));
  }
  assert.match(pinRemarks('pin\r', '/etc/pin').join(), /^\/etc\/pin ends in a carriage return/);
});

test('HTTPS_PROXY and NO_PROXY say through what an URL is dialled', () => {
  const proxied = (env: Record<string, string>, url: string) => read({}, env).options.proxyFor?.(new URL(url))?.href;
  const proxy = 'http://proxy.example:3128/';
  const no = { NO_PROXY: 'corp.example, .inner.example,*.star.example other.example:8443 192.0.2.7' };
  for (const name of ['HTTPS_PROXY', 'https_proxy', 'ALL_PROXY', 'all_proxy']) {
    for (const text of ['http://proxy.example:3128', 'proxy.example:3128']) {
      assert.equal(proxied({ [name]: text }, 'https://claude.ai/x'), proxy, `${name}=${text}`);
    }
  }
  const env = { HTTPS_PROXY: 'http://proxy.example:3128', ...no };
  for (const host of [
    'corp.example',
    'a.corp.example',
    'inner.example',
    'b.inner.example',
    'c.star.example',
    '192.0.2.7',
  ]) {
    assert.equal(proxied(env, `https://${host}/`), undefined, host);
  }
  for (const host of ['claude.ai', 'notcorp.example', 'other.example', 'corp.example.evil.example']) {
    assert.equal(proxied(env, `https://${host}/`), proxy, host);
  }
  assert.equal(proxied({ ...env, no_proxy: '*' }, 'https://claude.ai/'), undefined);
  assert.equal(proxied({ HTTP_PROXY: 'http://proxy.example:3128' }, 'https://claude.ai/'), undefined);
});
