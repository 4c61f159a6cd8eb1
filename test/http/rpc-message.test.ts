import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { type TestContext, test } from 'node:test';
import fc from 'fast-check';
import { silentLog } from '../../src/log.js';
import { createMcpEndpoint } from '../../src/mcp/create-mcp-endpoint.js';
import { runs } from '../full.js';
import { fakeNotes } from '../mcp/fakes.js';
import { type RawAnswer, sendBytes, sendRaw, serveApp } from './serve-app.js';

type Send = (body: unknown, headers?: Record<string, string>) => Promise<RawAnswer>;

/** The real endpoint behind the real routes; an answer that does not come within 10 s fails. */
async function serve(t: TestContext): Promise<{ send: Send; port: number }> {
  const mcp = createMcpEndpoint({ notes: fakeNotes({ 'a.md': '# A\n' }), log: silentLog, version: '0' });
  const server = await serveApp({ oauth: undefined, issuer: 'http://127.0.0.1:8091', mcp });
  t.after(server.close);
  const send: Send = async (body, headers = {}) => {
    const timeout = AbortSignal.timeout(10_000);
    const late = new Promise<never>((_resolve, reject) => {
      timeout.addEventListener('abort', () => reject(new Error(`no answer to ${JSON.stringify(body)}`)));
    });
    const text = typeof body === 'string' ? body : JSON.stringify(body);
    const sent = { 'Content-Type': 'application/json', Accept: 'application/json, text/event-stream', ...headers };
    return Promise.race([sendRaw(`${server.url}/mcp`, { method: 'POST', headers: sent, body: text }), late]);
  };
  return { send, port: server.port };
}

const ping = (id: unknown) => ({ jsonrpc: '2.0', id, method: 'ping' });
const cancel = (requestId: unknown) => ({ jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId } });

/** The messages of an answer, in JSON or as events. */
function messagesOf({ headers, body }: RawAnswer): { id: unknown; result?: unknown; error?: unknown }[] {
  const isStream = String(headers['content-type']).startsWith('text/event-stream');
  const texts = isStream ? [...body.matchAll(/^data: (.+)$/gm)].map(([, data]) => data ?? '') : [body];
  return texts.filter((text) => text.trim() !== '').flatMap((text) => JSON.parse(text));
}

test('a batch whose requests are cancelled within it is answered', async (t) => {
  const { send } = await serve(t);
  for (const batch of [
    [ping(1), cancel(1)],
    [cancel(1), ping(1)],
    [ping(1), ping(2), cancel(2), cancel(1)],
    [ping('a'), cancel('a'), { jsonrpc: '2.0', method: 'notifications/initialized' }],
  ]) {
    const answer = await send(batch);
    assert.equal(answer.status, 200, JSON.stringify(batch));
    const asked = batch.filter((message) => 'id' in message).map((message) => message.id);
    assert.deepEqual(new Set(messagesOf(answer).map(({ id }) => id)), new Set(asked));
  }
  for (const alone of [[cancel(1)], [cancel(1), cancel(2)], cancel(1)]) {
    assert.equal((await send(alone)).status, 202, JSON.stringify(alone));
  }
});

test('the connection of a client that wants it closed ends with the answer, streams too', async (t) => {
  const { port } = await serve(t);
  for (const version of ['1.1', '1.0']) {
    for (const body of [ping(1), [ping(1), ping(2)], [ping(1), cancel(1)], [cancel(1)], 'x']) {
      const text = JSON.stringify(body);
      const head =
        `POST /mcp HTTP/${version}\r\nHost: 127.0.0.1\r\nConnection: close\r\nContent-Type: application/json\r\n` +
        `Content-Length: ${text.length}\r\n\r\n`;
      const socket = connect(port, '127.0.0.1');
      socket.write(head + text);
      socket.resume();
      // The server keeps an idle connection for more than two minutes.
      await once(socket, 'close', { signal: AbortSignal.timeout(20_000) });
    }
  }
});

test('any batch is answered, each request in it once', async (t) => {
  const { send } = await serve(t);
  const id = fc.oneof(fc.integer({ min: 0, max: 9 }), fc.constantFrom('a', 'b', ''));
  const message = fc.oneof(
    id.map(ping),
    id.map(cancel),
    id.map((one) => ({ jsonrpc: '2.0', id: one, method: 'tools/list', params: null })),
    id.map((one) => ({ jsonrpc: '2.0', id: one, method: 'nothing' })),
    fc.constant({ jsonrpc: '2.0', method: 'notifications/initialized' }),
    id.map((one) => ({ jsonrpc: '2.0', id: one, result: {} })),
  );
  const property = fc.asyncProperty(fc.array(message, { maxLength: 6 }), async (batch) => {
    const answer = await send(batch);
    assert.ok(answer.status < 500, answer.body);
    if (answer.status !== 200) return;
    const asked = batch.filter((one) => 'id' in one && 'method' in one).map((one) => 'id' in one && one.id);
    assert.deepEqual(new Set(messagesOf(answer).map((one) => one.id)), new Set(asked), JSON.stringify(batch));
  });
  await fc.assert(property, runs(60, 600));
});

test('null for an optional member is its absence', async (t) => {
  const { send } = await serve(t);
  for (const message of [
    { ...ping(1), params: null },
    { jsonrpc: '2.0', id: 1, method: 'tools/list', params: null },
    { jsonrpc: '2.0', id: 1, method: 'tools/list', params: { cursor: null } },
    { jsonrpc: '2.0', id: 1, method: 'resources/list', params: { cursor: null, _meta: null } },
    { jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name: 'vault_list', arguments: null } },
    { jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name: 'vault_list', arguments: {}, _meta: null } },
  ]) {
    for (const sent of [message, [message]]) {
      const [answer] = messagesOf(await send(sent));
      assert.equal(answer?.error, undefined, JSON.stringify([message, answer]));
      assert.equal(
        (answer?.result as { isError?: boolean } | undefined)?.isError ?? false,
        false,
        JSON.stringify(answer),
      );
    }
  }
});

test('ids come back as they were, also those that a double does not hold', async (t) => {
  const { send } = await serve(t);
  for (const id of [
    '9007199254740993',
    '-9007199254740993',
    '123456789012345678901234567890',
    '1e400',
    '12345678901234567',
  ]) {
    for (const request of [
      '"method":"ping"',
      '"method":"tools/call","params":{"name":"vault_list","id":9007199254740993}',
    ]) {
      const message = `{"jsonrpc":"2.0", "id" : ${id},${request}}`;
      for (const body of [message, `[${message}]`, ` [ ${message},{"jsonrpc":"2.0","id":7,"method":"ping"}]`]) {
        const answer = await send(body);
        assert.equal(answer.status, 200, answer.body);
        assert.ok(answer.body.includes(`"id":${id}`), `${body} → ${answer.body}`);
        assert.ok(!answer.body.includes('vault-mcp-id'), answer.body);
      }
    }
  }
  const failed = await send('{"jsonrpc":"2.0","id":9007199254740993,"method":"nothing"}');
  assert.ok(failed.body.includes('"id":9007199254740993'), failed.body);
  const text = '{"jsonrpc":"2.0","id":"9007199254740993 \\"id\\": 9007199254740993","method":"ping"}';
  assert.equal(messagesOf(await send(text))[0]?.id, '9007199254740993 "id": 9007199254740993');
});

test('labels of UTF-8, and headers that came twice, are what they mean', async (t) => {
  const { send, port } = await serve(t);
  for (const charset of ['utf-8', 'utf8', 'UTF8', '"utf-8"', 'unicode-1-1-utf-8', 'us-ascii']) {
    const answer = await send(ping(1), { 'Content-Type': `application/json; charset=${charset}` });
    assert.equal(answer.status, 200, charset);
  }
  for (const charset of ['utf-16', 'latin1', 'nonsense']) {
    assert.equal(
      (await send(ping(1), { 'Content-Type': `application/json; charset=${charset}` })).status,
      415,
      charset,
    );
  }
  const twice = (name: string, first: string, second: string, body: string) =>
    sendBytes(
      port,
      `POST /mcp HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Type: application/json\r\n` +
        `Accept: application/json, text/event-stream\r\n${name}: ${first}\r\n${name}: ${second}\r\n` +
        `Content-Length: ${body.length}\r\n\r\n${body}`,
    );
  const version = (first: string, second: string) =>
    twice('MCP-Protocol-Version', first, second, JSON.stringify(ping(1)));
  assert.match(await version('2025-06-18', '2025-06-18'), /^HTTP\/1\.1 200 /);
  assert.match(await version('2025-06-18', '2025-03-26'), /^HTTP\/1\.1 400 /);
  assert.equal((await send(ping(1), { 'MCP-Protocol-Version': '' })).status, 200, 'an empty header is none');
  const joined = await send(ping(1), { 'MCP-Protocol-Version': '2025-06-18,2025-06-18, 2025-06-18' });
  assert.equal(joined.status, 200, joined.body);
});
