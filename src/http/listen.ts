import { createServer, type RequestListener, type ServerResponse } from 'node:http';
import { type AddressInfo, Server as NetServer, type Socket } from 'node:net';
import { systemErrorCode, VaultMcpError } from '../errors.js';
import type { Log } from '../log.js';

/** Longer than proxies keep idle connections, so that they never reuse one that the server is closing. */
const keepAliveMs = 130_000;
const headersMs = 20_000;
const requestMs = 60_000;
const stalledCheckMs = 5_000;
const headerBytes = 16 * 1024;
const headersMax = 100;

/** Within this time an answer tells a busy client that its connection will be closed. A plain close could cross its next request. */
const lingerMs = 250;
const sweepMs = 25;
const defaultDrainMs = 3_500;

export interface ListenOptions {
  host: string;
  /** 0 = any free one. */
  port: number;
  /** An inherited listening socket (systemd's socket activation: 3), which is used instead of host and port. */
  fd?: number;
  /** How long `close` lets running requests go on; 3.5 s by default. */
  drainMs?: number;
  log: Log;
}

export interface RunningServer {
  readonly port: number;
  readonly url: string;
  /** Stops accepting, lets running requests finish for `drainMs`, then ends what is left. */
  close(): Promise<void>;
}

/** Listens on an address or on the passed socket `fd`. Rejects with VaultMcpError `address_unavailable` or `invalid_host`. */
export async function listen(app: RequestListener, options: ListenOptions): Promise<RunningServer> {
  const running = new Set<ServerResponse>();
  const sockets = new Set<Socket>();
  let draining = false;
  const server = createServer({
    keepAliveTimeout: keepAliveMs,
    headersTimeout: headersMs,
    requestTimeout: requestMs,
    connectionsCheckingInterval: stalledCheckMs,
    maxHeaderSize: headerBytes,
  });
  server.maxHeadersCount = headersMax;
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  server.on('request', (request, response) => {
    running.add(response);
    response.once('close', () => running.delete(response));
    if (draining) response.setHeader('Connection', 'close');
    app(request, response);
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error) => reject(explain(error, options)));
    if (options.fd === undefined) server.listen(options.port, options.host, resolve);
    else server.listen({ fd: options.fd }, resolve);
  });
  server.removeAllListeners('error');
  server.on('error', (error) => options.log.error('the listening socket failed', { reason: error.message }));

  async function close(): Promise<void> {
    draining = true;
    for (const response of running) if (!response.headersSent) response.setHeader('Connection', 'close');
    const lingerEndsMs = performance.now() + lingerMs;
    const sweep = setInterval(() => {
      if (performance.now() < lingerEndsMs) return;
      server.closeIdleConnections();
      for (const socket of sockets) if (socket.bytesRead === 0) socket.destroy();
    }, sweepMs);
    const deadline = setTimeout(() => {
      if (running.size > 0) options.log.warn('ended requests that were still running', { count: running.size });
      server.closeAllConnections();
    }, options.drainMs ?? defaultDrainMs);
    // The HTTP server's own close() would end idle connections at once.
    await new Promise<void>((resolve) => NetServer.prototype.close.call(server, () => resolve()));
    clearInterval(sweep);
    clearTimeout(deadline);
    server.close();
  }
  return { ...addressOf(server.address(), options), close };
}

function addressOf(address: AddressInfo | string | null, options: ListenOptions): { port: number; url: string } {
  if (address === null || typeof address === 'string') return { port: 0, url: `unix:${address ?? ''}` };
  const name = options.fd === undefined ? options.host : address.address;
  return { port: address.port, url: `http://${name.includes(':') ? `[${name}]` : name}:${address.port}` };
}

function explain(error: Error, { host, port, fd }: ListenOptions): VaultMcpError {
  if (fd !== undefined) {
    return new VaultMcpError(
      'address_unavailable',
      `file descriptor ${fd} is not a listening socket: ${error.message}`,
      {
        cause: error,
        hint: 'check that the socket unit starts the service',
      },
    );
  }
  const wrongHost: Record<string, string> = {
    EADDRNOTAVAIL: `${host} is no address of this machine`,
    EINVAL: `${host} is no address to listen on`,
    ENOTFOUND: `the host name ${host} is not known`,
  };
  const code = systemErrorCode(error) ?? '';
  if (wrongHost[code] !== undefined) {
    const hint = 'use --host 127.0.0.1, or 0.0.0.0 for all addresses';
    return new VaultMcpError('invalid_host', wrongHost[code], { cause: error, hint });
  }
  const reasons: Record<string, [message: string, hint: string]> = {
    EADDRINUSE: [`port ${port} on ${host} is in use`, 'stop the other program, or choose another port with --port'],
    EACCES: [`this user may not listen on port ${port}`, 'choose a port above 1023 with --port'],
  };
  const [message, hint] = reasons[code] ?? [
    `cannot listen on ${host} port ${port}: ${error.message}`,
    'check --host and --port',
  ];
  return new VaultMcpError('address_unavailable', message, { cause: error, hint });
}
