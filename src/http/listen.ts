import { createServer, type RequestListener, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { systemErrorCode, VaultMcpError } from '../errors.js';
import type { Log } from '../log.js';

/** Above what proxies keep idle connections for, so that they never reuse one that is being closed here. */
const keepAliveMs = 130_000;
const headersMs = 20_000;
const requestMs = 60_000;
const drainMs = 3_500;

export interface ListenOptions {
  host: string;
  /** 0 = any free one. */
  port: number;
  log: Log;
}

export interface RunningServer {
  readonly port: number;
  readonly url: string;
  /** Stops accepting, lets running requests finish for 3.5 s, then ends what is left. */
  close(): Promise<void>;
}

/** Binds and serves; rejects with VaultMcpError `address_unavailable` when the address cannot be had. */
export async function listen(app: RequestListener, options: ListenOptions): Promise<RunningServer> {
  const running = new Set<ServerResponse>();
  let draining = false;
  const server = createServer({ keepAliveTimeout: keepAliveMs, headersTimeout: headersMs, requestTimeout: requestMs });
  server.on('request', (request, response) => {
    running.add(response);
    response.once('close', () => running.delete(response));
    if (draining) response.setHeader('Connection', 'close');
    app(request, response);
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error) => reject(explain(error, options)));
    server.listen(options.port, options.host, resolve);
  });
  server.removeAllListeners('error');
  server.on('error', (error) => options.log.error('the listening socket failed', { reason: error.message }));
  const { port } = server.address() as AddressInfo;
  const host = options.host.includes(':') ? `[${options.host}]` : options.host;

  async function close(): Promise<void> {
    draining = true;
    for (const response of running) if (!response.headersSent) response.setHeader('Connection', 'close');
    const sweep = setInterval(() => server.closeIdleConnections(), 50);
    const deadline = setTimeout(() => {
      if (running.size > 0) options.log.warn('ended requests that were still running', { count: running.size });
      server.closeAllConnections();
    }, drainMs);
    await new Promise<void>((resolve) => server.close(() => resolve()));
    clearInterval(sweep);
    clearTimeout(deadline);
  }
  return { port, url: `http://${host}:${port}`, close };
}

function explain(error: Error, { host, port }: ListenOptions): VaultMcpError {
  const reasons: Record<string, [message: string, hint: string]> = {
    EADDRINUSE: [`port ${port} on ${host} is taken`, 'stop the other program, or choose another port with --port'],
    EACCES: [`no permission to listen on port ${port}`, 'choose a port above 1023 with --port'],
    EADDRNOTAVAIL: [`${host} is no address of this machine`, 'use --host 127.0.0.1, or 0.0.0.0 for all addresses'],
    ENOTFOUND: [`the host name ${host} is not known`, 'use --host 127.0.0.1, or 0.0.0.0 for all addresses'],
  };
  const [message, hint] = reasons[systemErrorCode(error) ?? ''] ?? [
    `cannot listen on ${host} port ${port}: ${error.message}`,
    'check --host and --port',
  ];
  return new VaultMcpError('address_unavailable', message, { cause: error, hint });
}
