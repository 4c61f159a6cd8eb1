import { type ChildProcess, fork } from 'node:child_process';
import { type LoadRequest, measureRate } from './load.js';

const connections = 16;
const rounds = 5;
const roundMs = 1500;
const token = 'a'.repeat(43);

/** Prints authenticated tools/call in both protocol eras as a share of a bare node:http JSON echo, in turns. */
export async function bench(): Promise<void> {
  const servers = { echo: await start('echo'), app: await start('app') };
  try {
    for (const era of ['legacy', 'modern'] as const) {
      const rates: { echo: number[]; app: number[] } = { echo: [], app: [] };
      for (const name of ['echo', 'app'] as const)
        await measureRate(callOf(servers[name].port, era), connections, 1000);
      for (let round = 0; round < rounds; round++) {
        for (const name of ['echo', 'app'] as const) {
          rates[name].push(await measureRate(callOf(servers[name].port, era), connections, roundMs));
        }
      }
      const [echo, app] = [median(rates.echo), median(rates.app)];
      const share = ((app / echo) * 100).toFixed(1);
      process.stdout.write(`${era}: tools/call ${app.toFixed(0)}/s, echo ${echo.toFixed(0)}/s: ${share} %\n`);
    }
  } finally {
    for (const { child } of Object.values(servers)) child.disconnect();
  }
}

async function start(name: string): Promise<{ child: ChildProcess; port: number }> {
  const child = fork(`${import.meta.dirname}/http-servers.js`, [name]);
  const port = await new Promise<number>((resolve, reject) => {
    child.once('message', (message) => resolve(message as number));
    child.once('error', reject);
  });
  return { child, port };
}

function callOf(port: number, era: 'legacy' | 'modern'): LoadRequest {
  const params = { name: 'vault_read', arguments: { file_path: 'a.md' } };
  const headers = {
    'content-type': 'application/json',
    accept: 'application/json, text/event-stream',
    authorization: `Bearer ${token}`,
  };
  const envelope = {
    'io.modelcontextprotocol/protocolVersion': '2026-07-28',
    'io.modelcontextprotocol/clientInfo': { name: 'bench', version: '1' },
    'io.modelcontextprotocol/clientCapabilities': {},
  };
  const call = { jsonrpc: '2.0', id: 1, method: 'tools/call' };
  if (era === 'legacy') {
    const body = JSON.stringify({ ...call, params });
    return { port, path: '/mcp', headers: { ...headers, 'mcp-protocol-version': '2025-11-25' }, body };
  }
  return {
    port,
    path: '/mcp',
    headers: {
      ...headers,
      'mcp-protocol-version': '2026-07-28',
      'mcp-method': 'tools/call',
      'mcp-name': params.name,
    },
    body: JSON.stringify({ ...call, params: { ...params, _meta: envelope } }),
  };
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}
