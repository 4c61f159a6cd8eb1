const timeoutMs = 10_000;
const writtenNotes = 100;

/** Makes the tool call that has that number, in one of both protocol eras; rejects unless the tool did its work. */
export async function callTool(
  url: string,
  token: string,
  number: number,
  noteText: (note: number, revision: number) => string,
): Promise<void> {
  const note = ((number / 10) % writtenNotes) | 0;
  const [name, args] =
    number % 10 < 5
      ? ['vault_read', { file_path: `note-${note}.md` }]
      : number % 10 < 8
        ? ['vault_search', { query: `lighthouse ship ${note}`, top_k: 5 }]
        : number % 10 === 8
          ? ['vault_list', {}]
          : ['vault_write', { file_path: `note-${note}.md`, content: noteText(note, number), overwrite: true }];
  const isModern = number % 2 === 0;
  const version = isModern ? '2026-07-28' : '2025-11-25';
  const answer = await fetch(`${url}/mcp`, {
    method: 'POST',
    signal: AbortSignal.timeout(timeoutMs),
    headers: {
      Authorization: `Bearer ${token}`,
      'Content-Type': 'application/json',
      Accept: 'application/json, text/event-stream',
      'Mcp-Protocol-Version': version,
      ...(isModern ? { 'Mcp-Method': 'tools/call', 'Mcp-Name': name } : {}),
    },
    body: JSON.stringify({
      jsonrpc: '2.0',
      id: number,
      method: 'tools/call',
      params: { name, arguments: args, ...(isModern ? { _meta: envelope } : {}) },
    }),
  }).catch((cause: Error) => {
    throw new Error(`${name}: ${cause.message}`, { cause });
  });
  const text = await answer.text();
  if (answer.status !== 200) throw new Error(`${name} answered ${answer.status}`);
  const { result } = JSON.parse(text) as { result?: { isError?: boolean } };
  if (result === undefined || result.isError === true) throw new Error(`${name}: ${text.slice(0, 200)}`);
}

const envelope = {
  'io.modelcontextprotocol/protocolVersion': '2026-07-28',
  'io.modelcontextprotocol/clientInfo': { name: 'soak', version: '1' },
  'io.modelcontextprotocol/clientCapabilities': {},
};
