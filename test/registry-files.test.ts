import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';
import * as z from 'zod';
import { readServeSettings } from '../src/cli/serve-settings.js';

const root = fileURLToPath(new URL('../../', import.meta.url));
const read = (name: string) => readFile(`${root}${name}`, 'utf8');

const text = z.string().min(1);
const variable = z.strictObject({
  name: text,
  description: text,
  format: z.enum(['string', 'number', 'boolean', 'filepath']).optional(),
  isRequired: z.boolean().optional(),
  isSecret: z.boolean().optional(),
  default: text.optional(),
  choices: z.array(text).optional(),
  placeholder: text.optional(),
});

/** What the registry's schema of 2025-12-11 says of the members that are used here; it is stricter about names of members. */
const serverJson = z.strictObject({
  $schema: z.literal('https://static.modelcontextprotocol.io/schemas/2025-12-11/server.schema.json'),
  name: text.max(200).regex(/^[a-zA-Z0-9.-]+\/[a-zA-Z0-9._-]+$/),
  title: text.max(100),
  description: text.max(100),
  version: z.string().regex(/^\d+\.\d+\.\d+/),
  packages: z.array(
    z.strictObject({
      registryType: z.literal('npm'),
      identifier: text,
      version: z.string().regex(/^\d+\.\d+\.\d+/),
      runtimeHint: z.literal('npx'),
      packageArguments: z.array(z.strictObject({ type: z.literal('positional'), value: text })),
      transport: z.strictObject({ type: z.literal('streamable-http'), url: z.string().regex(/^https?:\/\/\S+$/) }),
      environmentVariables: z.array(variable),
    }),
  ),
});

async function readServerJson(): Promise<z.output<typeof serverJson>> {
  return serverJson.parse(JSON.parse(await read('server.json')));
}

test('server.json is what the registry takes, and names the package and the version that package.json has', async () => {
  const server = await readServerJson();
  const pkg = JSON.parse(await read('package.json')) as { name: string; version: string; mcpName: string };
  assert.equal(server.name, pkg.mcpName);
  assert.equal(server.version, pkg.version);
  for (const { identifier, version } of server.packages) {
    assert.equal(identifier, pkg.name);
    assert.equal(version, pkg.version);
  }
});

test('the variables of server.json are settings of serve, which takes their values', async () => {
  const server = await readServerJson();
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
  assert.equal(service.healthcheck.test, 'vault-mcp status', 'as text: podman-compose 1.0 quotes a list wrongly');
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
