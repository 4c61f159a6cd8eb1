import { stat } from 'node:fs/promises';
import { isLoopbackUrl } from '../addresses.js';
import { systemErrorCode } from '../errors.js';
import { listen, type RunningServer } from '../http/listen.js';
import { createLog, type Log } from '../log.js';
import type { VaultMcp } from '../vault-mcp.js';
import { version } from '../version.js';
import { answerUnavailable } from './answer-unavailable.js';
import { openAuditFile } from './audit-file.js';
import { exitCodeOf, exitCodes, tellFailure, UsageError } from './errors.js';
import { createGate } from './gate.js';
import type { Io } from './io.js';
import { localUrl, ownUrl } from './local-url.js';
import { keepMadePin, makePin, pinRemarks, readKeptPin, readPinFile } from './pin.js';
import type { TypedOptions } from './serve-options.js';
import { readServeSettings, type ServeSettings } from './serve-settings.js';
import { isJournal, notifyServiceManager, passedSocket } from './service-manager.js';
import type { Terminal } from './terminal.js';

/** Everything has to be over by then, whatever hangs: longer than a killed process keeps the lock, shorter than Docker waits. */
const stopMs = 9_000;

/** Serves until SIGTERM, SIGINT or SIGHUP and returns the exit code; rejects with UsageError before anything is opened. */
export async function serve(typed: TypedOptions, io: Io, terminal: Terminal): Promise<number> {
  const fd = passedSocket(io.env);
  const { stopped, onHangUp } = watchSignals();
  const gate = createGate();
  let server: RunningServer | undefined;
  try {
    const settings = readServeSettings(typed, io.env, io.cwd);
    const createVaultIfMissing = await isVaultMissing(settings);
    const givenPin = settings.pinFile === undefined ? settings.pin : await readPinFile(settings.pinFile);
    const { host, port } = settings;
    const log = openLog(settings, io);
    const audit = settings.auditFile === undefined ? undefined : await openAuditFile(settings.auditFile, log);
    if (audit !== undefined) onHangUp(() => void audit.reopen());
    server = await listen(gate.handle, { host, port, log, ...(fd === undefined ? {} : { fd }) });
    const boundHost = fd === undefined ? host : '127.0.0.1';
    const issuerUrl = settings.issuerUrl ?? localUrl(boundHost, server.port);
    log.info(`vault-mcp ${version} is starting`, { 'vault-path': settings.options.vaultPath, ...settings.given });
    const pinFileRemarks = settings.pinFile === undefined ? [] : pinRemarks(givenPin ?? '', settings.pinFile);
    for (const warning of [...settings.warnings, ...pinFileRemarks]) log.warn(warning);
    const { pin, isMadePin, keepPin } = await choosePin(settings, givenPin, terminal, log);
    // Loaded late, so that bad settings are reported at once. On a passed socket requests wait meanwhile.
    const { createVaultMcp } = await import('../vault-mcp.js');
    const vaultMcp = await createVaultMcp({
      ...settings.options,
      createVaultIfMissing,
      issuerUrl,
      ownUrl: ownUrl(boundHost, server.port),
      pin,
      isMadePin,
      log,
      ...(audit === undefined ? {} : { writeAudit: audit.write }),
    });
    const whereShown = await keepPin().catch(async (error: unknown) => {
      // Nobody has logged in yet: a failed save at this point must not hide why the start ends.
      await vaultMcp.close().catch(() => {});
      throw error;
    });
    gate.open(vaultMcp.app);
    if (isBannerWanted(settings, io)) announce(vaultMcp, { issuerUrl, whereShown, terminal });
    log.info(`listening on ${server.url}`, { url: `${issuerUrl}/mcp` });
    void notifyServiceManager(io.env, '--ready', `--status=serves ${issuerUrl}/mcp`);
    const signal = await stopped;
    log.info('stopping', { signal });
    void notifyServiceManager(io.env, 'STOPPING=1');
    await stop(server, vaultMcp, terminal);
    await audit?.close();
    log.info(vaultMcp.store.path === undefined ? 'stopped; the state was only in memory' : 'stopped, state saved');
    return exitCodes.done;
  } catch (error) {
    if (fd === undefined || gate.isOpen()) {
      if (!gate.isOpen()) gate.open((_request, response) => response.writeHead(503).end());
      await server?.close();
      throw error;
    }
    tellFailure(terminal, error);
    await answerUnavailable({ fd, error, env: io.env, gate, server, stopped });
    return exitCodeOf(error);
  }
}

function openLog({ logFormat, logLevel }: ServeSettings, { stderr, env }: Io): Log {
  const log = createLog({
    format: logFormat,
    level: logLevel,
    destination: stderr,
    journal: stderr.isTTY !== true && isJournal(stderr, env),
  });
  // Else Node writes these itself, as text on several lines.
  process.removeAllListeners('warning');
  process.on('warning', ({ name, message }) => log.warn('Node warns', { name, message }));
  process.on('uncaughtException', (error) => {
    log.error('stopped because of an unexpected error', { error: error.stack ?? String(error) });
    process.exit(exitCodes.failed);
  });
  return log;
}

/** For people: a journal and readers of JSON have the same in the log's first line. */
function isBannerWanted({ logFormat }: ServeSettings, { stdout, env }: Io): boolean {
  return stdout.isTTY === true || (logFormat === 'text' && !isJournal(stdout, env));
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

interface ChosenPin {
  readonly pin: string;
  readonly isMadePin: boolean;
  /** Called once the state is open, for a start that is refused leaves nothing behind. Returns what people are told. */
  readonly keepPin: () => Promise<string>;
}

/** A PIN that nobody chose is shown on a terminal, or kept in a private file: never in a log. */
async function choosePin(
  { options, pinFile }: ServeSettings,
  givenPin: string | undefined,
  terminal: Terminal,
  log: Log,
): Promise<ChosenPin> {
  const isMadePin = givenPin === undefined;
  const choose = (pin: string, whereShown: string) => ({ pin, isMadePin, keepPin: async () => whereShown });
  if (!options.auth) return choose('', 'none: everybody on this machine has access (--no-auth)');
  const kept = await readKeptPin(options.statePath);
  if (givenPin !== undefined) {
    const from = pinFile ?? 'OAUTH_PIN';
    if (kept !== undefined && kept.path !== pinFile) {
      log.warn(`the PIN is the one in ${from}; remove ${kept.path}, because its PIN is no longer used`);
    }
    return choose(givenPin, `the one in ${from}`);
  }
  if (terminal.isInteractive) {
    const pin = kept?.pin ?? makePin();
    const where = kept === undefined ? 'for this run only' : `from ${kept.path}`;
    return choose(pin, `${terminal.style.bold(pin)}  (${where})`);
  }
  const pin = kept?.pin ?? makePin();
  const keepPin = async () => {
    const path = kept?.path ?? (await keepMadePin(pin, options.statePath));
    log.info(`the PIN of the approval page is in ${path}`);
    return `in ${path}`;
  };
  return { pin, isMadePin, keepPin };
}

interface Announcement {
  issuerUrl: string;
  whereShown: string;
  terminal: Terminal;
}

function announce(vaultMcp: VaultMcp, { issuerUrl, whereShown, terminal }: Announcement): void {
  const { path } = vaultMcp.store;
  const { bold } = terminal.style;
  terminal.print(`vault-mcp ${version} serves ${vaultMcp.notes.root}

  URL    ${bold(`${issuerUrl}/mcp`)}${isLoopbackUrl(issuerUrl) ? '' : '  (also for clients on this machine)'}
  PIN    ${whereShown}
  State  ${path ?? 'in memory'}

Add it to Claude Code:
  claude mcp add --transport http vault ${issuerUrl}/mcp
`);
}

interface Signals {
  /** Resolves with the signal that ends the server. */
  readonly stopped: Promise<string>;
  /** From now on SIGHUP ends nothing, and calls `handler`. */
  onHangUp(handler: () => void): void;
}

function watchSignals(): Signals {
  let stop: (signal: string) => void = () => {};
  const stopped = new Promise<string>((resolve) => {
    stop = resolve;
  });
  let hangUp = () => stop('SIGHUP');
  // Not once: a write-file-atomic at work ends the process by the signal when nobody else listens any more.
  for (const name of ['SIGTERM', 'SIGINT'] as const) process.on(name, stop);
  process.on('SIGHUP', () => hangUp());
  return {
    stopped,
    onHangUp: (handler) => {
      hangUp = handler;
    },
  };
}

/** Lets running requests finish and saves; rejects when changes were lost. */
async function stop(server: RunningServer, vaultMcp: VaultMcp, terminal: Terminal): Promise<void> {
  setTimeout(() => {
    terminal.error('the server did not stop in time', 'the last changes may not be saved');
    process.exit(exitCodes.failed);
  }, stopMs).unref();
  await server.close();
  await vaultMcp.close();
}
