import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type Log, type LogFields, silentLog } from '../../src/log.js';
import { createMcpEndpoint, type McpEndpointOptions } from '../../src/mcp/create-mcp-endpoint.js';
import type { ToolCall } from '../../src/mcp/endpoint.js';
import { fakeNotes } from './fakes.js';
import { connectLegacy, connectModern, readerAndWriter, serveMcp } from './serve.js';

const notes = {
  'welcome.md': '# Welcome\n**Status:** Active\n\nHello café\n\n## Plans\n\n- one\n',
  'projects/old.md': '# Old\n**Status:** Done\n',
};

function endpointOf(options: Partial<McpEndpointOptions> = {}) {
  return createMcpEndpoint({ notes: fakeNotes(notes), log: silentLog, version: '1.2.3', ...options });
}

interface Answer {
  content: { type: string; text: string }[];
  structuredContent?: Record<string, unknown>;
  isError?: boolean;
}

for (const era of ['legacy', 'modern'] as const) {
  const connect = era === 'legacy' ? connectLegacy : connectModern;

  describe(`${era} client`, () => {
    test('lists every tool with schemas and hints, and calls each', async (t) => {
      const client = await connect(t, await serveMcp(t, endpointOf()));
      assert.equal(client.getServerVersion()?.name, 'vault-mcp');
      const { tools } = await client.listTools();
      for (const tool of tools) {
        assert.equal(tool.inputSchema.type, 'object', tool.name);
        assert.equal(tool.outputSchema?.type, 'object', tool.name);
        assert.equal(tool.annotations?.openWorldHint, false, tool.name);
        assert.equal(typeof tool.annotations?.readOnlyHint, 'boolean', tool.name);
      }
      assert.ok(tools.length <= 16, `${tools.length} tools`);
      const { size } = new Blob([JSON.stringify(tools)]);
      assert.ok(size < 18_000, `the list has ${size} bytes`);
      const call = async (name: string, args: Record<string, unknown> = {}) => {
        const answer = (await client.callTool({ name, arguments: args })) as Answer;
        assert.equal(answer.isError ?? false, false, `${name}: ${answer.content[0]?.text}`);
        assert.ok(answer.structuredContent, name);
        return { text: answer.content[0]?.text ?? '', data: answer.structuredContent };
      };
      assert.match(
        (await call('vault_list')).text,
        /- projects\/old\.md: Old \[Done\]\n- welcome\.md: Welcome \[Active\]/,
      );
      assert.deepEqual((await call('vault_list', { domain: 'root', status: 'active' })).data['notes'], [
        {
          path: 'welcome.md',
          title: 'Welcome',
          domain: 'root',
          status: 'Active',
          tags: [],
          modified: '2026-09-21T14:13:20Z',
          size: notes['welcome.md'].length,
        },
      ]);
      const read = await call('vault_read', { file_path: 'welcome.md' });
      assert.match(read.text, /^Title: Welcome\nPath: welcome\.md\nDomain: root\nStatus: Active\n/);
      assert.ok(read.text.endsWith(`\n---\n${notes['welcome.md']}`));
      assert.equal(read.data['text'], notes['welcome.md']);
      const written = await call('vault_write', { file_path: 'new.md', content: '# New\n' });
      assert.equal(written.data['created'], true);
      const edited = await call('vault_edit', { file_path: 'new.md', old_text: 'New', new_text: 'Newer' });
      assert.match(edited.text, /^Edited new\.md: 1 replacement\nHash: [0-9a-f]{64}$/);
      assert.match((await call('vault_summary')).text, /^3 notes in the vault, /);
      assert.match((await call('vault_search', { query: 'café' })).text, /1\. welcome\.md \(score 1\)\n1\| # Welcome/);
      assert.match((await call('vault_reindex')).text, /^Reindexed 2 files, 3 chunks, in 0\.12 s\.$/);
    });

    test('answers failures as text that stands alone, without structured content', async (t) => {
      const client = await connect(t, await serveMcp(t, endpointOf()));
      const fail = async (name: string, args: Record<string, unknown>) => {
        const answer = (await client.callTool({ name, arguments: args })) as Answer;
        assert.equal(answer.isError, true, name);
        assert.equal(answer.structuredContent, undefined);
        return answer.content[0]?.text ?? '';
      };
      assert.equal(await fail('vault_read', { file_path: 'no.md' }), 'No note no.md. Use vault_list.');
      assert.match(await fail('vault_read', {}), /^Give file_path, or file_paths/);
      assert.match(await fail('vault_read', { path: 'a.md' }), /There is no argument path\.$/);
      assert.match(await fail('vault_search', { query: 'x', top_k: 21 }), /top_k/);
      assert.match(await fail('vault_write', { file_path: 'welcome.md', content: '' }), /exists with hash/);
      assert.match(await fail('vault_list', { cursor: 'bm8=' }), /cursor/);
      assert.match(await fail('vault_list', { modified_since: 'yesterday' }), /ISO/);
    });

    test('refuses an unknown tool as a protocol error', async (t) => {
      const client = await connect(t, await serveMcp(t, endpointOf()));
      await assert.rejects(client.callTool({ name: 'vault_nothing' }), /Unknown tool: vault_nothing/);
    });

    test('a caller without vault:write gets words instead of a change', async (t) => {
      const faked = fakeNotes(notes);
      const url = await serveMcp(t, endpointOf({ notes: faked }), { ...readerAndWriter, scopes: ['vault:read'] });
      const client = await connect(t, url);
      const answer = (await client.callTool({
        name: 'vault_write',
        arguments: { file_path: 'x.md', content: '' },
      })) as Answer;
      assert.equal(answer.isError, true);
      assert.match(answer.content[0]?.text ?? '', /vault:write/);
      assert.equal(faked.texts.has('x.md'), false);
    });

    test('every call is reported, whatever came of it', async (t) => {
      const seen: ToolCall[] = [];
      const client = await connect(t, await serveMcp(t, endpointOf({ onToolCall: (call) => seen.push(call) })));
      const call = (name: string, args: Record<string, unknown>) => client.callTool({ name, arguments: args });
      await call('vault_write', { file_path: 'new.md', content: 'x' });
      await call('vault_write', { file_path: 'new.md', content: 'y' });
      await call('vault_edit', { old_text: 'x' });
      await call('vault_read', { file_path: 'new.md' });
      const who = { clientId: 'test', grantId: 'grant', requestId: 'r1' };
      assert.deepEqual(seen, [
        { tool: 'vault_write', changes: true, ...who, paths: ['new.md'], outcome: 'done' },
        { tool: 'vault_write', changes: true, ...who, paths: ['new.md'], outcome: 'exists' },
        { tool: 'vault_edit', changes: true, ...who, paths: [], outcome: 'bad_argument' },
        { tool: 'vault_read', changes: false, ...who, paths: ['new.md'], outcome: 'done' },
      ]);
    });

    test('read-only mode hides the tools that write', async (t) => {
      const client = await connect(t, await serveMcp(t, endpointOf({ readOnly: true })));
      const { tools } = await client.listTools();
      assert.deepEqual(
        tools.filter(({ annotations }) => annotations?.readOnlyHint !== true),
        [],
      );
      await assert.rejects(client.callTool({ name: 'vault_write' }), /Unknown tool/);
    });

    test('an unexpected failure is logged, and the client sees no stack', async (t) => {
      const errors: { message: string; fields: LogFields | undefined }[] = [];
      const read = () => Promise.reject(new TypeError('disk on fire at /secret/path'));
      const faked = fakeNotes(notes, { read });
      const log: Log = { ...silentLog, error: (message, fields) => errors.push({ message, fields }) };
      const client = await connect(t, await serveMcp(t, endpointOf({ notes: faked, log })));
      const answer = (await client.callTool({ name: 'vault_read', arguments: { file_path: 'a.md' } })) as Answer;
      assert.equal(answer.isError, true);
      assert.doesNotMatch(answer.content[0]?.text ?? '', /fire|secret|\n *at /);
      assert.match(JSON.stringify(errors), /disk on fire/);
      await assert.rejects(client.readResource({ uri: 'vault:///welcome.md' }), /failed/);
      const requests = errors.map(({ fields }) => fields?.['request']);
      assert.deepEqual(requests, ['r1', 'r1'], 'the log names the request');
    });

    test('one connected client goes on when the server behind it was replaced', async (t) => {
      const first = endpointOf();
      let current = first;
      const url = await serveMcp(t, {
        handle: (...args) => current.handle(...args),
        close: () => current.close(),
      });
      const client = await connect(t, url);
      await client.listTools();
      await first.close();
      current = endpointOf();
      const answer = (await client.callTool({ name: 'vault_summary', arguments: {} })) as Answer;
      assert.match(answer.content[0]?.text ?? '', /^2 notes/);
    });
  });
}

test('the modern client negotiates 2026-07-28 by itself', async (t) => {
  const client = await connectModern(t, await serveMcp(t, endpointOf()));
  assert.equal(client.getNegotiatedProtocolVersion(), '2026-07-28');
});

describe('over plain HTTP', () => {
  const call = { jsonrpc: '2.0', id: 7, method: 'tools/call', params: { name: 'vault_summary', arguments: {} } };
  const post = (url: URL, body: unknown, headers: Record<string, string> = {}) =>
    fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: typeof body === 'string' ? body : JSON.stringify(body),
    });

  test('a stale session id is ignored, and none is given', async (t) => {
    const url = await serveMcp(t, endpointOf());
    const response = await post(url, call, { 'mcp-session-id': 'from-before-the-restart' });
    assert.equal(response.status, 200);
    assert.equal(response.headers.get('mcp-session-id'), null);
    assert.match(await response.text(), /"structuredContent":.*"id":7/);
  });

  test('any Accept header will do', async (t) => {
    const url = await serveMcp(t, endpointOf());
    for (const accept of ['*/*', 'application/json', 'text/html']) {
      assert.equal((await post(url, call, { accept })).status, 200);
      const notification = { jsonrpc: '2.0', method: 'notifications/initialized' };
      assert.equal((await post(url, notification, { accept })).status, 202);
    }
  });

  test('GET and DELETE are 405', async (t) => {
    const url = await serveMcp(t, endpointOf());
    for (const method of ['GET', 'DELETE']) {
      const response = await fetch(url, { method });
      assert.equal(response.status, 405);
      assert.equal(response.headers.get('allow'), 'POST');
    }
  });

  test('what is not JSON-RPC is a 400, what is not JSON a 415', async (t) => {
    const url = await serveMcp(t, endpointOf());
    for (const body of ['', 'null', '1', '[]', '{}', '{"jsonrpc":"1.0","id":1,"method":"ping"}', '[1]', '"x"']) {
      const response = await post(url, body);
      assert.equal(response.status, 400, body);
      assert.equal(typeof ((await response.json()) as { error: { code: number } }).error.code, 'number', body);
    }
    assert.equal((await post(url, call, { 'content-type': 'text/plain' })).status, 415);
  });

  test('an unknown version is a 400, a batch of 2025-03-26 is answered', async (t) => {
    const url = await serveMcp(t, endpointOf());
    assert.equal((await post(url, call, { 'mcp-protocol-version': '1999-01-01' })).status, 400);
    const batch = await post(url, [call, { ...call, id: 8 }], { 'mcp-protocol-version': '2025-03-26' });
    assert.equal(batch.status, 200);
    assert.match(await batch.text(), /"id":8/);
  });

  test('a modern call whose headers contradict its body is refused', async (t) => {
    const url = await serveMcp(t, endpointOf());
    const _meta = {
      'io.modelcontextprotocol/protocolVersion': '2026-07-28',
      'io.modelcontextprotocol/clientInfo': { name: 'test', version: '1' },
      'io.modelcontextprotocol/clientCapabilities': {},
    };
    const modern = { ...call, params: { ...call.params, _meta } };
    const right = { 'mcp-protocol-version': '2026-07-28', 'mcp-method': 'tools/call', 'mcp-name': 'vault_summary' };
    const answered = await post(url, modern, right);
    assert.equal(answered.status, 200);
    assert.match(await answered.text(), /"resultType":"complete"/);
    for (const wrong of [
      { ...right, 'mcp-name': 'vault_write' },
      { ...right, 'mcp-method': 'tools/list' },
      { ...right, 'mcp-protocol-version': '2025-11-25' },
      {},
    ] as Record<string, string>[]) {
      assert.equal((await post(url, modern, wrong)).status, 400, JSON.stringify(wrong));
    }
  });
});

test('vault_reindex and vault_search say that the first index is not ready', async (t) => {
  const status = { ready: false, files: 2, indexed: 1, chunks: 3, problems: 0 };
  const search = async () => ({ hits: [], status });
  const faked = fakeNotes(notes, { search, status: () => status, reindex: async () => undefined });
  const client = await connectModern(t, await serveMcp(t, endpointOf({ notes: faked })));
  const reindex = (await client.callTool({ name: 'vault_reindex', arguments: {} })) as Answer;
  assert.equal(reindex.content[0]?.text, 'Indexing in progress: 1 of 2 notes so far.');
  const found = (await client.callTool({ name: 'vault_search', arguments: { query: 'Hello' } })) as Answer;
  assert.match(
    found.content[0]?.text ?? '',
    /^Indexing in progress: 1 of 2 notes so far\. This answer is not complete\.\nNo note matches/,
  );
  assert.equal(found.structuredContent?.['complete'], false);
});
