import { resolve } from 'node:path';
import { displayText } from '../foreign-text.js';
import { count, listWords } from '../words.js';
import { byWeight, type Check } from './doctor-check.js';
import { checkHosts, checkNode, checkPin, checkPort, checkState, checkVault } from './doctor-local.js';
import {
  checkAccess,
  checkClientDocuments,
  checkClock,
  checkEmbeddings,
  checkIssuer,
  fetchMetadata,
} from './doctor-network.js';
import { checkCopies, checkFileClock, checkGrants, readFacts } from './doctor-state.js';
import { checkInstalledUnit, checkUnit } from './doctor-unit.js';
import { becomeUser, isUser } from './doctor-user.js';
import { remarksOnEnvFile } from './env-file.js';
import { exitCodes } from './errors.js';
import type { Io } from './io.js';
import { localUrl } from './local-url.js';
import type { TypedOptions } from './serve-options.js';
import { readServeSettings } from './serve-settings.js';
import { jsonVersion } from './state-output.js';
import type { Terminal } from './terminal.js';
import { readUnit, type ServiceUnit } from './unit-file.js';

export interface DoctorOptions {
  readonly json?: boolean;
  readonly envFile?: string;
  readonly user?: string;
  readonly unit?: string;
}

/** Checks what the settings lead to and says how to mend it; returns 1 when something is wrong. Changes nothing. */
export async function runDoctor(
  typed: TypedOptions,
  options: DoctorOptions,
  io: Io,
  terminal: Terminal,
): Promise<number> {
  const unit = options.unit === undefined ? undefined : await readUnit(resolve(io.cwd, options.unit));
  const settings =
    unit === undefined
      ? readServeSettings(typed, io.env, io.cwd)
      : readServeSettings({ ...typedOf(unit), ...typed }, unit.environment, unit.folder);
  const issuerUrl = settings.issuerUrl ?? localUrl(settings.host, settings.port);
  const files = [...(options.envFile === undefined ? [] : [options.envFile]), ...(unit?.environmentFiles ?? [])];
  const environment = await checkEnvironment(settings.warnings, files);
  const unitCheck = unit === undefined ? await checkInstalledUnit(settings) : await checkUnit(unit, settings);
  // A service manager hands the PIN over; its file is for root.
  const pin = await checkPin(settings);
  // Where this is not root, or there is no such user, the rights of this process have to do.
  const isUsable = process.geteuid?.() === 0 && unit?.user !== undefined && isUser(unit.user);
  const user = options.user ?? (isUsable ? unit.user : undefined);
  if (user !== undefined) becomeUser(user);
  // One after the other: as root, reading the state makes this process its owner, for all that follows.
  const state = await checkState(settings);
  const facts = await readFacts(settings);
  const vault = await checkVault(settings);
  const port = await checkPort(settings);
  const metadata = await fetchMetadata(issuerUrl);
  const nowMs = Date.now();
  // Names, answers and files are other people's words: nothing of them may move the cursor or turn the text around.
  const checks = byWeight([
    checkNode(process.versions.node),
    environment,
    unitCheck,
    vault,
    state,
    checkGrants(facts, [issuerUrl, ...(settings.options.formerIssuerUrls ?? [])]),
    checkCopies(facts),
    pin,
    port,
    checkHosts(settings),
    await checkIssuer(issuerUrl, settings, metadata),
    checkFileClock(facts, nowMs) ?? checkClock(issuerUrl, metadata, nowMs),
    await checkAccess(settings),
    await checkClientDocuments(settings),
    await checkEmbeddings(settings),
  ]).map(cleanCheck);
  const failed = checks.filter((check) => check.status === 'failed').length;
  const warnings = checks.filter((check) => check.status === 'warning').length;
  if (options.json === true) {
    const listed = checks.map((check) => ({ ...check, hint: check.hint ?? null }));
    terminal.print(JSON.stringify({ json_version: jsonVersion, ok: failed === 0, checks: listed }));
  } else {
    const summary = [
      ...(failed > 0 ? [`${count(failed, 'check')} failed`] : []),
      ...(warnings > 0 ? [count(warnings, 'warning')] : []),
    ];
    const lines = checks.map((check) => describeCheck(check, terminal));
    terminal.print([...lines, '', summary.length === 0 ? 'nothing is wrong' : listWords(summary)].join('\n'));
  }
  return failed > 0 ? exitCodes.failed : exitCodes.done;
}

function typedOf({ typed, socketPort }: ServiceUnit): TypedOptions {
  return socketPort === undefined ? typed : { ...typed, port: socketPort };
}

async function checkEnvironment(misspelt: readonly string[], files: readonly string[]): Promise<Check> {
  const name = 'variables';
  const remarks = await Promise.all(
    files.map(async (file) => (await remarksOnEnvFile(file)).map((remark) => `${file}, ${remark}`)),
  );
  const findings = [...misspelt, ...remarks.flat()];
  if (findings.length === 0) return { name, status: 'ok', message: 'all variables that look like settings are known' };
  const hint = misspelt.length > 0 ? 'correct or remove them' : 'correct these lines; a comment has a line of its own';
  return { name, status: 'warning', message: findings.join('; '), hint };
}

function cleanCheck({ message, hint, ...check }: Check): Check {
  const clean = (text: string) => displayText(text, 2_000);
  return { ...check, message: clean(message), ...(hint === undefined ? {} : { hint: clean(hint) }) };
}

const indent = ' '.repeat(21);

function describeCheck({ name, status, message, hint }: Check, { style, width }: Terminal): string {
  const paint = { ok: style.good, warning: style.warn, failed: style.bad, skipped: style.dim }[status];
  const head = `${paint(status.padEnd(7))}  ${name.padEnd(10)}  `;
  const text = wrap(message, width - indent.length).join(`\n${indent}`);
  if (hint === undefined) return head + text;
  return `${head}${text}\n${indent}${style.bold('hint:')} ${wrap(hint, width - indent.length - 6).join(`\n${indent}      `)}`;
}

function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > width) {
      lines.push(line);
      line = word;
    } else {
      line = line === '' ? word : `${line} ${word}`;
    }
  }
  return [...lines, line];
}
