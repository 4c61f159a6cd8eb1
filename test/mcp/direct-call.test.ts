import assert from 'node:assert/strict';
import { test } from 'node:test';
import { inspect } from 'node:util';
import { silentLog } from '../../src/log.js';
import { createMcpEndpoint } from '../../src/mcp/create-mcp-endpoint.js';
import { directCallOf } from '../../src/mcp/direct-call.js';
import { fakeNotes } from './fakes.js';
import { serveMcp } from './serve.js';

const envelope = {
  'io.modelcontextprotocol/protocolVersion': '2026-07-28',
  'io.modelcontextprotocol/clientInfo': { name: 'test', version: '1' },
  'io.modelcontextprotocol/clientCapabilities': {},
};

type Params = Record<string, unknown>;

function messageOf(era: 'legacy' | 'modern', params: Params) {
  const legacy = { 'content-type': 'application/json', 'mcp-protocol-version': '2025-11-25' };
  if (era === 'legacy') return { headers: legacy, body: { jsonrpc: '2.0', id: 7, method: 'tools/call', params } };
  return {
    headers: {
      'content-type': 'application/json; charset=utf-8',
      'mcp-protocol-version': '2026-07-28',
      'mcp-method': 'tools/call',
      'mcp-name': String(params['name']),
    },
    body: {
      jsonrpc: '2.0',
      id: 'a',
      method: 'tools/call',
      params: { ...params, _meta: { ...envelope, ...(params['_meta'] as object) } },
    },
  };
}

for (const era of ['legacy', 'modern'] as const) {
  test(`a ${era} call without the SDK is answered as with it`, async (t) => {
    const notes = fakeNotes({ 'a.md': '# Half \ud800 a character\n\nC:\\udev and 🙂', 'b.md': '# B' });
    const url = await serveMcp(t, createMcpEndpoint({ notes, log: silentLog, version: '1' }));
    const send = async (params: Params) => {
      const { headers, body } = messageOf(era, params);
      const accept = 'application/json, text/event-stream';
      const answer = await fetch(url, { method: 'POST', headers: { ...headers, accept }, body: JSON.stringify(body) });
      return { status: answer.status, type: answer.headers.get('content-type'), text: await answer.text() };
    };
    const calls: Params[] = [
      { name: 'vault_read', arguments: { file_path: 'a.md' } },
      { name: 'vault_read', arguments: { file_path: 'a.md', ignored: 1 }, _meta: { progressToken: 3, other: {} } },
      { name: 'vault_read', arguments: { file_path: '../x' } },
      { name: 'vault_read' },
      { name: 'vault_list', arguments: {} },
      { name: 'vault_search', arguments: { query: 'character' } },
      { name: 'vault_summary', arguments: {} },
      { name: 'vault_links', arguments: { file_path: 'a.md' } },
    ];
    for (const params of calls) {
      const { headers, body } = messageOf(era, params);
      assert.ok(directCallOf(headers, body), JSON.stringify(params));
      // A member that the SDK leaves out sends the call through it.
      const other = { ...params, unknown: true };
      assert.equal(directCallOf(headers, messageOf(era, other).body), undefined);
      const [direct, bySdk] = [await send(params), await send(other)];
      assert.deepEqual({ ...direct, text: JSON.parse(direct.text) }, { ...bySdk, text: JSON.parse(bySdk.text) });
      assert.ok(direct.text.isWellFormed() && !/(?<!\\)\\ud/.test(direct.text), direct.text);
    }
  });

  test(`a ${era} call that is not quite as it should be is left to the SDK`, () => {
    const good = messageOf(era, { name: 'vault_read', arguments: {} });
    const wrong: [headers: object, body: object][] = [
      [{ 'content-type': 'text/plain' }, {}],
      [{ 'mcp-protocol-version': '2024-01-01' }, {}],
      [{ 'mcp-method': 'tools/list' }, {}],
      [{}, { jsonrpc: '1.0' }],
      [{}, { id: null }],
      [{}, { id: 1.5 }],
      [{}, { id: '\ud800' }],
      [{}, { method: 'tools/list' }],
      [{}, { result: {} }],
      [{}, { params: { ...good.body.params, arguments: [] } }],
      [{}, { params: { ...good.body.params, name: 5 } }],
      [{}, { params: { ...good.body.params, task: { ttl: 1 } } }],
      [{}, { params: { ...good.body.params, _meta: { ...envelope, progressToken: {} } } }],
      [{}, { params: { ...good.body.params, _meta: [] } }],
    ];
    if (era === 'modern') {
      const bad = { ...envelope, 'io.modelcontextprotocol/clientCapabilities': 5 };
      wrong.push([{}, { params: { ...good.body.params, _meta: bad } }]);
      wrong.push([{}, { params: { ...good.body.params, _meta: {} } }]);
      const deep: unknown = JSON.parse('['.repeat(20_000) + ']'.repeat(20_000));
      wrong.push([{}, { params: { ...good.body.params, _meta: { ...envelope, deep } } }]);
      wrong.push([{ 'mcp-name': 'vault_list' }, {}]);
      wrong.push([{ 'mcp-method': undefined }, {}]);
      wrong.push([{ 'mcp-protocol-version': '2025-11-25' }, {}]);
    } else {
      const newer = { 'io.modelcontextprotocol/protocolVersion': '2026-07-28' };
      wrong.push([{}, { params: { ...good.body.params, _meta: newer } }]);
    }
    assert.ok(directCallOf(good.headers, good.body));
    for (const [headers, body] of wrong) {
      const call = directCallOf({ ...good.headers, ...headers }, { ...good.body, ...body });
      assert.equal(call, undefined, inspect([headers, body]));
    }
  });
}
