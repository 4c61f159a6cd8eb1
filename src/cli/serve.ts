import { stat } from 'node:fs/promises';
import type { RequestListener } from 'node:http';
import { systemErrorCode } from '../errors.js';
import { listen, type RunningServer } from '../http/listen.js';
import { createLog, type Log } from '../log.js';
import type { VaultMcp } from '../vault-mcp.js';
import { version } from '../version.js';
import { exitCodes, UsageError } from './errors.js';
import type { Io } from './io.js';
import { keepMadePin, makePin, readPinFile } from './pin.js';
import type { TypedOptions } from './serve-options.js';
import { type Environment, readServeSettings, type ServeSettings } from './serve-settings.js';
import type { Terminal } from './terminal.js';

/** Everything has to be over by then, whatever hangs. */
const stopMs = 4_800;
/** Where systemd's protocol for passed sockets begins to count (sd_listen_fds(3)). */
const firstPassedFd = 3;

/** Serves until SIGTERM, SIGINT or SIGHUP and returns the exit code; rejects with UsageError before anything is opened. */
export async function serve(typed: TypedOptions, io: Io, terminal: Terminal): Promise<number> {
  const settings = readServeSettings(typed, io.env, io.cwd);
  const createVaultIfMissing = await isVaultMissing(settings);
  const givenPin = settings.pinFile === undefined ? settings.pin : await readPinFile(settings.pinFile);
  const fd = passedSocket(io.env);
  const log = createLog({ format: settings.logFormat, level: settings.logLevel, destination: io.stderr });

  const signal = nextSignal();
  const gate = createGate();
  const { host, port } = settings;
  const server = await listen(gate.handle, { host, port, log, ...(fd === undefined ? {} : { fd }) });
  log.info(`listening on ${server.url}`);
  const issuerUrl = settings.issuerUrl ?? `http://127.0.0.1:${server.port}`;
  let vaultMcp: VaultMcp;
  try {
    const { pin, whereShown } = await choosePin(settings, givenPin, terminal, log);
    // Loaded late: what cannot be served is told at once, and with a socket passed in requests wait meanwhile.
    const { createVaultMcp } = await import('../vault-mcp.js');
    vaultMcp = await createVaultMcp({ ...settings.options, createVaultIfMissing, issuerUrl, pin, log });
    announce(vaultMcp, { settings, issuerUrl, whereShown, terminal, log });
    gate.open(vaultMcp.app);
  } catch (error) {
    gate.open((_request, response) => response.writeHead(503).end());
    await server.close();
    throw error;
  }
  log.info('stopping', { signal: await signal });
  return await stop(server, vaultMcp, terminal);
}

/** True when the default folder is not there yet; a folder that was named has to be. */
async function isVaultMissing({ options }: ServeSettings): Promise<boolean> {
  const { vaultPath, createVaultIfMissing } = options;
  try {
    if ((await stat(vaultPath)).isDirectory()) return false;
    throw new UsageError(`${vaultPath} is not a folder`, 'name the folder of notes with --vault-path');
  } catch (error) {
    if (error instanceof UsageError) throw error;
    const code = systemErrorCode(error);
    if (code === 'ENOENT' && createVaultIfMissing === true) return true;
    throw code === 'ENOENT'
      ? new UsageError(`there is no folder ${vaultPath}`, 'create it, or correct --vault-path or VAULT_PATH')
      : new UsageError(`the vault ${vaultPath} cannot be opened: ${code}`, 'check that this user may read it');
  }
}

function passedSocket(env: Environment): number | undefined {
  if (env['LISTEN_PID'] !== String(process.pid) || env['LISTEN_FDS'] === undefined) return undefined;
  if (env['LISTEN_FDS'] === '1') return firstPassedFd;
  throw new UsageError(
    `${env['LISTEN_FDS']} sockets were passed, not one`,
    'keep one ListenStream= in the socket unit',
  );
}

/** With sockets passed in, requests arrive before the app exists: they wait for it. */
function createGate(): { handle: RequestListener; open(app: RequestListener): void } {
  let open: (app: RequestListener) => void = () => {};
  const opened = new Promise<RequestListener>((resolve) => {
    open = resolve;
  });
  let app: RequestListener | undefined;
  void opened.then((listener) => {
    app = listener;
  });
  return {
    open,
    handle: (request, response) => {
      if (app !== undefined) app(request, response);
      else void opened.then((listener) => listener(request, response));
    },
  };
}

/** A PIN that nobody chose is shown on a terminal, or kept in a private file: never in a log. */
async function choosePin(
  { options, pinFile }: ServeSettings,
  givenPin: string | undefined,
  terminal: Terminal,
  log: Log,
): Promise<{ pin: string; whereShown: string }> {
  if (!options.auth) return { pin: '', whereShown: 'none: everybody on this machine may come in (--no-auth)' };
  if (givenPin !== undefined) return { pin: givenPin, whereShown: `the one in ${pinFile ?? 'OAUTH_PIN'}` };
  if (terminal.isInteractive) {
    const pin = makePin();
    return { pin, whereShown: `${terminal.style.bold(pin)}  (for this run only)` };
  }
  const { pin, path } = await keepMadePin(options.statePath);
  log.info(`the PIN of the approval page is in ${path}`);
  return { pin, whereShown: `in ${path}` };
}

interface Announcement {
  settings: ServeSettings;
  issuerUrl: string;
  whereShown: string;
  terminal: Terminal;
  log: Log;
}

function announce(vaultMcp: VaultMcp, { settings, issuerUrl, whereShown, terminal, log }: Announcement): void {
  const { path } = vaultMcp.store;
  if (path === undefined && settings.options.auth) {
    log.warn('no state path: a restart logs everybody out; set --state-path to keep logins');
  }
  const { bold } = terminal.style;
  terminal.print(`vault-mcp ${version} serves ${vaultMcp.vault.root}

  URL    ${bold(`${issuerUrl}/mcp`)}
  PIN    ${whereShown}
  State  ${path ?? 'in memory'}

Add it to Claude Code:
  claude mcp add --transport http vault ${issuerUrl}/mcp
`);
}

function nextSignal(): Promise<string> {
  return new Promise((resolve) => {
    // Not once: a write-file-atomic at work ends the process by the signal when nobody else listens any more.
    for (const name of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.on(name, resolve);
  });
}

/** Lets running requests finish, saves, and returns the exit code: 1 when changes were lost. */
async function stop(server: RunningServer, vaultMcp: VaultMcp, terminal: Terminal): Promise<number> {
  setTimeout(() => {
    terminal.error('something did not stop in time', 'the last changes may not be saved');
    process.exit(exitCodes.failed);
  }, stopMs).unref();
  await server.close();
  await vaultMcp.close();
  return exitCodes.done;
}
