import { type ChildProcess, fork } from 'node:child_process';
import { type LoadRequest, measureRate } from './load.js';
import { benchToken } from './token.js';

const connections = 16;
const roundsOfEach = 5;
const roundMs = 1000;

const names = ['echo', 'sdk', 'memory', 'disk'] as const;

/**
 * Prints how many authenticated vault_read calls the whole server answers in both protocol eras, with its notes in
 * memory and on disk, as a share of a bare node:http JSON echo; all are measured in turns. The SDK's one-tool example
 * beside it tells what machine and load make of the shares.
 */
export async function bench(): Promise<void> {
  const servers = await Promise.all(names.map(start));
  try {
    for (const era of ['legacy', 'modern'] as const) {
      for (const { port } of servers) await measureRate(callOf(port, era), connections, 1000);
      const rounds: number[][] = [];
      for (let round = 0; round < roundsOfEach; round++) {
        const rates: number[] = [];
        for (const { port } of servers) rates.push(await measureRate(callOf(port, era), connections, roundMs));
        rounds.push(rates);
      }
      for (const [index, name] of names.entries()) {
        const rate = median(rounds.map((rates) => rates[index] ?? 0));
        const share = median(rounds.map((rates) => (rates[index] ?? 0) / (rates[0] ?? 0)));
        process.stdout.write(`${era} ${name}: ${rate.toFixed(0)}/s, ${(share * 100).toFixed(1)} % of echo\n`);
      }
    }
  } finally {
    for (const { child } of servers) child.disconnect();
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
    authorization: `Bearer ${benchToken}`,
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
