import { checkHosts, checkNode, checkPin, checkPort, checkState, checkVault } from './doctor-local.js';
import { checkAccess, checkClock, checkEmbeddings, checkIssuer, fetchMetadata } from './doctor-network.js';
import { exitCodes } from './errors.js';
import type { Io } from './io.js';
import { count, listWords } from './layout.js';
import type { TypedOptions } from './serve-options.js';
import { readServeSettings } from './serve-settings.js';
import { jsonVersion } from './state-output.js';
import type { Terminal } from './terminal.js';

export type CheckStatus = 'ok' | 'warning' | 'failed' | 'skipped';

export interface Check {
  readonly name: string;
  readonly status: CheckStatus;
  readonly message: string;
  readonly hint?: string;
}

/** Checks what the settings lead to and says how to mend it; returns 1 when something is wrong. Changes nothing. */
export async function runDoctor(typed: TypedOptions, json: boolean, io: Io, terminal: Terminal): Promise<number> {
  const settings = readServeSettings(typed, io.env, io.cwd);
  const issuerUrl = settings.issuerUrl ?? `http://127.0.0.1:${settings.port}`;
  // One after the other: as root, reading the state makes this process its owner, for all that follows.
  const pin = await checkPin(settings);
  const state = await checkState(settings);
  const vault = await checkVault(settings);
  const port = await checkPort(settings);
  const metadata = await fetchMetadata(issuerUrl);
  const issuer = await checkIssuer(issuerUrl, settings, metadata);
  const clock = checkClock(issuerUrl, metadata, Date.now());
  const access = await checkAccess(settings);
  const embeddings = await checkEmbeddings(settings);
  const node = checkNode(process.versions.node);
  const checks = [node, vault, state, pin, port, checkHosts(settings), issuer, clock, access, embeddings];
  const failed = checks.filter((check) => check.status === 'failed').length;
  const warnings = checks.filter((check) => check.status === 'warning').length;
  if (json) {
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
