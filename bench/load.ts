import { connect, type Socket } from 'node:net';

/** A request that is sent over and over. */
export interface LoadRequest {
  readonly port: number;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/**
 * Sends `request` over `connections` kept-alive connections, one at a time on each, for `ms`, and returns the answers
 * per second. Raw sockets, since a client made of node:http is slower than the servers that are measured. Rejects on
 * any status but 200.
 */
export async function measureRate(request: LoadRequest, connections: number, ms: number): Promise<number> {
  const { port, path, headers, body } = request;
  const lines = Object.entries({ ...headers, 'content-length': String(Buffer.byteLength(body)) });
  const head = lines.map(([name, value]) => `${name}: ${value}\r\n`).join('');
  const bytes = Buffer.from(`POST ${path} HTTP/1.1\r\nhost: 127.0.0.1:${port}\r\n${head}\r\n${body}`);
  const started = performance.now();
  const end = started + ms;
  const counts = await Promise.all(Array.from({ length: connections }, () => repeat(port, bytes, end)));
  const answers = counts.reduce((sum, count) => sum + count, 0);
  return (answers / (performance.now() - started)) * 1000;
}

function repeat(port: number, bytes: Buffer, end: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: '127.0.0.1', noDelay: true });
    let answers = 0;
    let isComplete: ((chunk: Buffer) => boolean) | undefined;
    socket.on('error', reject);
    socket.on('connect', () => socket.write(bytes));
    socket.on('data', (chunk: Buffer) => {
      isComplete ??= readHead(chunk, socket);
      if (!isComplete(chunk)) return;
      isComplete = undefined;
      answers++;
      if (performance.now() < end) {
        socket.write(bytes);
        return;
      }
      socket.destroy();
      resolve(answers);
    });
  });
}

/** Returns what tells, chunk by chunk, whether the answer has ended. */
function readHead(first: Buffer, socket: Socket): (chunk: Buffer) => boolean {
  const headEnd = first.indexOf('\r\n\r\n');
  const head = first.subarray(0, headEnd).toString('latin1');
  if (headEnd === -1 || !head.startsWith('HTTP/1.1 200')) {
    socket.destroy(new Error(`Unexpected answer: ${first.toString().slice(0, 500)}`));
    return () => false;
  }
  const length = /\r\ncontent-length: (\d+)/i.exec(head)?.[1];
  if (length === undefined) return (chunk) => chunk.subarray(-5).equals(lastChunk);
  let missing = headEnd + 4 + Number(length);
  return (chunk) => {
    missing -= chunk.length;
    return missing <= 0;
  };
}

const lastChunk = Buffer.from('0\r\n\r\n');
