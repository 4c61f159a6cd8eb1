import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { type RequestOptions, request } from 'node:https';
import { connect } from 'node:net';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { promisify } from 'node:util';
import { freePort } from './server-process.js';

export type ProxyName = 'nginx' | 'caddy';

/** The host of the configurations in docs/proxies. */
export const publicHost = 'vault.example.com';

const places = { nginx: ['/usr/sbin/nginx', '/usr/bin/nginx'], caddy: ['/usr/bin/caddy', '/usr/local/bin/caddy'] };

/** Where this machine's proxy is; undefined when it has none. */
export function findProxy(name: ProxyName): string | undefined {
  return places[name].find((path) => existsSync(path));
}

export interface ProxyProcess {
  readonly port: number;
  readonly certificate: string;
  stop(): Promise<void>;
}

export interface ProxyOptions {
  /** Another file of docs/proxies than the one named after the proxy. */
  readonly file?: string;
  /** Changes the configuration as an operator might. */
  readonly change?: (configuration: string) => string;
}

/** Runs the documented configuration, with other ports and a certificate made here, in front of `serverPort`. */
export async function startProxy(
  name: ProxyName,
  serverPort: number,
  folder: string,
  options: ProxyOptions = {},
): Promise<ProxyProcess> {
  await mkdir(folder);
  const port = await freePort();
  const { certificate, key } = await makeCertificate(folder);
  const file = options.file ?? (name === 'nginx' ? 'nginx.conf' : 'Caddyfile');
  const documented = await readFile(new URL(`../../../docs/proxies/${file}`, import.meta.url), 'utf8');
  const config = join(folder, file);
  const changed = options.change?.(documented) ?? documented;
  const local = changed.replaceAll('127.0.0.1:8091', `127.0.0.1:${serverPort}`);
  const adapt = name === 'nginx' ? adaptNginx : adaptCaddy;
  await writeFile(config, adapt(local, { port, redirectPort: await freePort(), certificate, key, folder }));
  const args = name === 'nginx' ? ['-e', 'stderr', '-p', folder, '-c', config] : ['run', '--config', config];
  const child = spawn(findProxy(name) ?? name, args, {
    env: { PATH: process.env['PATH'], HOME: folder, XDG_DATA_HOME: folder, XDG_CONFIG_HOME: folder },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  await acceptsConnections(child, port);
  return { port, certificate: await readFile(certificate, 'utf8'), stop: () => end(child) };
}

interface Places {
  port: number;
  redirectPort: number;
  certificate: string;
  key: string;
  folder: string;
}

function adaptNginx(documented: string, { port, redirectPort, certificate, key, folder }: Places): string {
  const sites = documented
    .replace(/^.*listen \[::\].*\n/gm, '')
    .replace('listen 80;', `listen 127.0.0.1:${redirectPort};`)
    .replace('listen 443 ', `listen 127.0.0.1:${port} `)
    .replace(/ssl_certificate .*;/, `ssl_certificate ${certificate};`)
    .replace(/ssl_certificate_key .*;/, `ssl_certificate_key ${key};`);
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
    .map((kind) => `${kind}_temp_path ${folder}/${kind};`)
    .join('\n');
  return `${process.getuid?.() === 0 ? 'user root;' : ''}
daemon off;
pid ${folder}/nginx.pid;
error_log stderr error;
events {}
http {
access_log off;
${temporary}
${sites}
}
`;
}

function adaptCaddy(documented: string, { port, certificate, key }: Places): string {
  const site = documented.replace(
    `${publicHost} {`,
    `${publicHost}:${port} {\n\tbind 127.0.0.1\n\ttls ${certificate} ${key}`,
  );
  return `{\n\tadmin off\n\tauto_https disable_redirects\n}\n${site}`;
}

async function makeCertificate(folder: string): Promise<{ certificate: string; key: string }> {
  const certificate = join(folder, 'certificate.pem');
  const key = join(folder, 'key.pem');
  await promisify(execFile)('openssl', [
    ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2'],
    ...['-subj', `/CN=${publicHost}`, '-addext', `subjectAltName=DNS:${publicHost}`],
    ...['-keyout', key, '-out', certificate],
  ]);
  return { certificate, key };
}

async function acceptsConnections(child: ChildProcess, port: number): Promise<void> {
  let printed = '';
  child.stderr?.on('data', (chunk: Buffer) => {
    printed += chunk.toString('utf8');
  });
  for (let attempt = 0; attempt < 200; attempt++) {
    if (child.exitCode !== null) throw new Error(`the proxy ended:\n${printed}`);
    const socket = connect(port, '127.0.0.1');
    const isUp = await new Promise<boolean>((resolve) => {
      socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
    });
    socket.destroy();
    if (isUp) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  await end(child);
  throw new Error(`the proxy does not listen:\n${printed}`);
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, 'exit');
  child.kill('SIGTERM');
  await exited;
}

/** Returns a fetch that dials the proxy for whatever host is asked, and checks its certificate for that host. */
export function fetchThrough({ port, certificate }: ProxyProcess): typeof fetch {
  return async (input, init) => {
    const asked = new Request(input, init);
    const url = new URL(asked.url);
    const body = Buffer.from(await asked.arrayBuffer());
    const options: RequestOptions = {
      host: '127.0.0.1',
      port,
      servername: url.hostname,
      ca: certificate,
      agent: false,
      method: asked.method,
      path: `${url.pathname}${url.search}`,
      headers: {
        ...Object.fromEntries(asked.headers),
        host: url.host,
        ...(body.length === 0 ? {} : { 'content-length': body.length }),
      },
      signal: asked.signal,
    };
    return new Promise((resolve, reject) => {
      const sent = request(options, (response) => {
        const status = response.statusCode ?? 0;
        const headers = new Headers();
        for (const [name, values] of Object.entries(response.headersDistinct)) {
          for (const value of values ?? []) headers.append(name, value);
        }
        const isEmpty = status === 204 || status === 304;
        resolve(new Response(isEmpty ? null : (Readable.toWeb(response) as never), { status, headers }));
      });
      sent.once('error', reject);
      sent.end(body);
    });
  };
}
