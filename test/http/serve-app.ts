import { request } from 'node:http';
import { connect } from 'node:net';
import { type AppOptions, createApp } from '../../src/http/app.js';
import { listen } from '../../src/http/listen.js';
import { createLog } from '../../src/log.js';
import type { McpEndpoint } from '../../src/mcp/endpoint.js';
import { fakeAuthorizationServer, issuer } from './fake-authorization-server.js';

/** Answers what it was given, and who gave it. */
export const echoEndpoint: McpEndpoint = {
  async handle(_request, response, { body, caller }) {
    response.setHeader('Content-Type', 'application/json');
    response.end(JSON.stringify({ body, caller }));
  },
  close: async () => {},
};

export interface ServedApp {
  readonly url: string;
  readonly port: number;
  /** What was logged, one line each. */
  readonly lines: string[];
  close(): Promise<void>;
}

/** Serves the app, over fakes unless told, on a free port of 127.0.0.1. */
export async function serveApp(options: Partial<AppOptions> = {}): Promise<ServedApp> {
  const lines: string[] = [];
  const log = createLog({ format: 'text', level: 'debug', destination: { write: (line) => lines.push(line) } });
  const app = createApp({
    issuer,
    oauth: fakeAuthorizationServer(),
    mcp: echoEndpoint,
    allowedHosts: [],
    trustProxy: ['loopback'],
    rateLimit: false,
    health: () => ({ state: { degraded: false }, index: { ready: true } }),
    log,
    ...options,
  });
  const server = await listen(app, { host: '127.0.0.1', port: 0, log });
  return { url: server.url, port: server.port, lines, close: () => server.close() };
}

export interface RawAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
}

/** Sends what fetch refuses to send: any Host, several of a header, any method. */
export function sendRaw(
  url: string,
  options: { method?: string; headers?: Record<string, string>; body?: string } = {},
): Promise<RawAnswer> {
  return new Promise((resolve, reject) => {
    const sent = request(url, { method: options.method ?? 'GET', headers: options.headers ?? {}, agent: false });
    sent.once('error', reject);
    sent.once('response', (response) => {
      let body = '';
      response.setEncoding('utf8').on('data', (chunk: string) => {
        body += chunk;
      });
      response.once('error', reject);
      response.once('end', () => resolve({ status: response.statusCode ?? 0, headers: response.headers, body }));
    });
    sent.end(options.body);
  });
}

/** Sends bytes as they are, and returns what came back until the server closed the connection. */
export function sendBytes(port: number, bytes: string): Promise<string> {
  return new Promise((resolve, reject) => {
    let answer = '';
    const socket = connect(port, '127.0.0.1', () => socket.write(bytes));
    socket.setEncoding('utf8').on('data', (chunk: string) => {
      answer += chunk;
    });
    socket.once('error', reject);
    socket.once('end', () => {
      socket.end();
      resolve(answer);
    });
  });
}
