import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';
import { readServeSettings } from '../src/cli/serve-settings.js';

const root = fileURLToPath(new URL('../../', import.meta.url));
const read = (name: string) => readFile(`${root}${name}`, 'utf8');

interface ServerJson {
  name: string;
  description: string;
  version: string;
  packages: {
    identifier: string;
    version: string;
    transport: { url: string };
    environmentVariables: { name: string; default?: string; choices?: string[]; placeholder?: string }[];
  }[];
}

test('server.json names the package and the version that package.json has', async () => {
  const server = JSON.parse(await read('server.json')) as ServerJson;
  const pkg = JSON.parse(await read('package.json')) as { name: string; version: string; mcpName: string };
  assert.equal(server.name, pkg.mcpName);
  assert.match(server.name, /^[a-zA-Z0-9.-]+\/[a-zA-Z0-9._-]+$/);
  assert.ok(server.description.length <= 100, 'the registry takes 100 characters');
  assert.equal(server.version, pkg.version);
  for (const { identifier, version } of server.packages) {
    assert.equal(identifier, pkg.name);
    assert.equal(version, pkg.version);
  }
});

test('the variables of server.json are settings of serve, which takes their values', async () => {
  const server = JSON.parse(await read('server.json')) as ServerJson;
  for (const { environmentVariables, transport } of server.packages) {
    const env: Record<string, string> = {};
    for (const { name, default: value, choices, placeholder } of environmentVariables) {
      env[name] = value ?? placeholder ?? choices?.[0] ?? `/somewhere/${name}`;
    }
    const { warnings, port } = readServeSettings({}, env, '/');
    assert.deepEqual(warnings, []);
    assert.equal(transport.url.replace('{SERVER_PORT}', String(port)), 'http://127.0.0.1:8091/mcp');
  }
});

test('compose.yaml: read-only, without rights, a health check, and settings that serve takes', async () => {
  const { services, secrets, volumes } = parse(await read('compose.yaml'));
  const service = services['vault-mcp'];
  assert.equal(service.read_only, true);
  assert.deepEqual(service.cap_drop, ['ALL']);
  assert.deepEqual(service.ports, ['127.0.0.1:8091:8091'], 'this machine alone reaches it');
  assert.ok(service.healthcheck.test.join(' ').includes('/healthz'));
  assert.ok(secrets.pin && 'state' in volumes);
  const containerfile = await read('Containerfile');
  for (const volume of service.volumes) {
    const target = volume.split(':').at(-1);
    assert.match(containerfile, new RegExp(`^VOLUME .*"${target}"`, 'm'));
  }
  const env = Object.fromEntries(
    Object.entries(service.environment as Record<string, string>).map(([name, value]) => [
      name,
      value.replace(/^\$\{\w+:-(.*)\}$/, '$1'),
    ]),
  );
  const settings = readServeSettings({}, env, '/');
  assert.deepEqual(settings.warnings, []);
  assert.deepEqual(settings.options.trustProxy, ['loopback', 'uniquelocal']);
});
