import type { TextOptions } from '@clack/prompts';
import { VaultMcpError } from '../errors.js';
import { exitCodes, UsageError } from './errors.js';
import { applyChange, type Change, describeChange, planChanges } from './init-changes.js';
import type { proxies } from './init-program.js';
import { reportOf } from './init-report.js';
import { findProgram, isHidden } from './init-units.js';
import type { Io } from './io.js';
import { expandPath } from './paths.js';
import { readServeSettings } from './serve-settings.js';
import type { Terminal } from './terminal.js';

export interface InitOptions {
  vaultPath?: string;
  issuerUrl?: string;
  local?: boolean;
  port?: string;
  statePath?: string;
  pinFile?: string;
  settings?: string;
  units?: string;
  proxy?: (typeof proxies)[number];
  overwrite?: boolean;
  dryRun?: boolean;
  yes?: boolean;
}

/** The checked answers to init; paths are absolute. */
export interface InitAnswers {
  readonly vaultPath: string;
  /** Undefined = this machine alone. */
  readonly issuerUrl: string | undefined;
  readonly port: number;
  /** Undefined = where the units keep it. */
  readonly statePath: string | undefined;
  readonly pinFile: string;
  readonly settingsFile: string;
  /** A folder, or `-` to print them. */
  readonly units: string | undefined;
  readonly proxy: (typeof proxies)[number];
}

const answerFlags =
  '--vault-path, --issuer-url or --local, --port, --state-path, --pin-file, --settings, --units, --proxy';

/** Asks for what has no flag, says what it will change, changes it and prints what comes next; returns the exit code. */
export async function runInit(options: InitOptions, io: Io, terminal: Terminal): Promise<number> {
  if (options.local === true && options.issuerUrl !== undefined) {
    throw new UsageError('both --local and --issuer-url are given', 'keep one of them');
  }
  const isAsked = options.yes !== true && terminal.canAsk;
  if (!isAsked && options.yes !== true && options.dryRun !== true) {
    throw new UsageError('there is no terminal to ask on', `answer with flags, and add --yes: ${answerFlags}`);
  }
  const answered = isAsked ? await askMissing(options, io) : options;
  if (answered === undefined) return giveUp(terminal);
  const answers = readAnswers(answered, io);
  const changes = await planChanges(answers);
  for (const change of changes) terminal.note(describeChange(change));
  if (answers.units !== undefined && isHidden(await findProgram())) {
    terminal.warn('the units cannot see /home and /root, where vault-mcp is: install it with npm install -g vault-mcp');
  }
  refuseReplacing(changes, options, isAsked);
  if (options.dryRun === true) {
    terminal.note('nothing was changed: --dry-run');
    return exitCodes.done;
  }
  const isNeeded = changes.some(({ kind }) => kind !== 'kept');
  if (isNeeded && isAsked && !(await confirm(io))) return giveUp(terminal);
  for (const change of changes) await applyChange(change).catch((error: Error) => fail(change, error));
  terminal.print(await reportOf(answers));
  return exitCodes.done;
}

function giveUp(terminal: Terminal): number {
  terminal.note('nothing was changed');
  return exitCodes.failed;
}

function fail({ path }: Change, error: Error): never {
  if (error instanceof VaultMcpError) throw error;
  throw new VaultMcpError('init_unwritable', `${path} cannot be written: ${error.message}`, {
    cause: error,
    hint: 'choose another place with its flag, or run init as a user who may write there',
  });
}

/** Somebody who is asked sees what is replaced before it is. */
function refuseReplacing(changes: readonly Change[], { overwrite }: InitOptions, isAsked: boolean): void {
  const replaced = changes.find(({ kind }) => kind === 'replaced');
  if (replaced === undefined || overwrite === true || isAsked) return;
  throw new UsageError(
    `${replaced.path} exists already with another content; nothing was changed`,
    'use --overwrite to replace it',
  );
}

/** Returns the answers, with what they leave open; throws UsageError. */
function readAnswers(options: InitOptions, { env, cwd }: Io): InitAnswers {
  const place = { cwd, home: env['HOME'] };
  const isService = options.units !== undefined;
  if (isService && options.statePath !== undefined) {
    throw new UsageError(
      '--state-path is for a server without units',
      'omit it: the units keep the state in /var/lib/vault-mcp',
    );
  }
  const folder = isService ? '/etc/vault-mcp' : '~/.vault-mcp';
  const settings = readServeSettings(
    {
      vaultPath: options.vaultPath ?? (isService ? '/srv/notes' : '~/notes'),
      pinFile: options.pinFile ?? `${folder}/pin`,
      ...(isService ? {} : { statePath: options.statePath ?? `${folder}/state.json` }),
      ...(options.issuerUrl === undefined ? {} : { issuerUrl: options.issuerUrl }),
      ...(options.port === undefined ? {} : { port: options.port }),
    },
    { HOME: env['HOME'] },
    cwd,
  );
  const { issuerUrl, port, pinFile } = settings;
  const { vaultPath, statePath } = settings.options;
  if (port === 0) throw new UsageError('--port 0 means another port at each start', 'choose one');
  const settingsFile = expandPath({ text: options.settings ?? `${folder}/env`, from: '--settings' }, place);
  for (const path of [statePath, pinFile, settingsFile]) {
    if (path?.startsWith(`${vaultPath}/`)) {
      throw new UsageError(`${path} is in the folder of notes, where apps could read it`, 'choose another place');
    }
  }
  for (const path of [vaultPath, statePath, pinFile, settingsFile]) {
    if (/[\n\r]/.test(path ?? '')) throw new UsageError('a path has a line break', 'choose another place');
  }
  return {
    vaultPath,
    issuerUrl,
    port,
    statePath,
    pinFile: pinFile ?? '',
    settingsFile,
    units:
      options.units === undefined || options.units === '-'
        ? options.units
        : expandPath({ text: options.units, from: '--units' }, place),
    proxy: options.proxy ?? (issuerUrl?.startsWith('https:') ? 'caddy' : 'none'),
  };
}

/** Returns the options with the person's answers, or undefined when the person gave up. */
async function askMissing(options: InitOptions, io: Io): Promise<InitOptions | undefined> {
  const { isCancel, select, text } = await import('@clack/prompts');
  const streams = { input: io.stdin, output: io.stderr };
  const answered: InitOptions = { ...options };
  const ask = async (name: 'vaultPath' | 'issuerUrl' | 'statePath' | 'pinFile', question: TextOptions) => {
    const validate = (value: string | undefined) =>
      problemOf({ ...answered, [name]: value || question.defaultValue }, io);
    const value = await text({ ...question, ...streams, validate });
    if (isCancel(value)) return false;
    if (value !== '') answered[name] = value;
    return true;
  };
  if (answered.vaultPath === undefined) {
    const place = answered.units === undefined ? '~/notes' : '/srv/notes';
    const question = { message: 'Where are your notes?', placeholder: place, defaultValue: place };
    if (!(await ask('vaultPath', question))) return undefined;
  }
  if (answered.issuerUrl === undefined && answered.local !== true) {
    const message = 'The public URL, such as https://vault.example.com? Leave it empty for this machine only.';
    if (!(await ask('issuerUrl', { message, placeholder: 'this machine only', defaultValue: '' }))) return undefined;
  }
  if (answered.units === undefined && answered.statePath === undefined) {
    const place = '~/.vault-mcp/state.json';
    const question = { message: 'Which file should keep the logins?', placeholder: place, defaultValue: place };
    if (!(await ask('statePath', question))) return undefined;
  }
  if (answered.pinFile === undefined) {
    const place = answered.units === undefined ? '~/.vault-mcp/pin' : '/etc/vault-mcp/pin';
    const question = {
      message: 'Which file has the PIN? If missing, it is created.',
      placeholder: place,
      defaultValue: place,
    };
    if (!(await ask('pinFile', question))) return undefined;
  }
  if (answered.proxy === undefined && answered.issuerUrl?.startsWith('https:')) {
    const proxy = await select<(typeof proxies)[number]>({
      message: 'Which proxy or tunnel is in front of the server?',
      options: [
        { value: 'caddy', label: 'Caddy' },
        { value: 'nginx', label: 'nginx' },
        { value: 'cloudflared', label: 'Cloudflare Tunnel' },
        { value: 'none', label: 'something else' },
      ],
      ...streams,
    });
    if (isCancel(proxy)) return undefined;
    answered.proxy = proxy;
  }
  return answered;
}

function problemOf(options: InitOptions, io: Io): string | undefined {
  try {
    readAnswers({ ...options, ...(options.issuerUrl === '' ? { issuerUrl: undefined } : {}) } as InitOptions, io);
    return undefined;
  } catch (error) {
    if (error instanceof UsageError) return error.message;
    throw error;
  }
}

async function confirm(io: Io): Promise<boolean> {
  const { confirm: ask } = await import('@clack/prompts');
  return (await ask({ message: 'Make these changes?', input: io.stdin, output: io.stderr })) === true;
}
