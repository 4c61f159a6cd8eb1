import { sha256Hex } from '../hash.js';
import { readStateFile } from '../state/file/read-state-file.js';
import { Draft } from '../state/rules/draft.js';
import { type Revoked, type RevokeTarget, revoke } from '../state/rules/revoke.js';
import { displayText } from '../state/rules/summary.js';
import { openCommandStore } from '../state/store/open-command-store.js';
import { exitCodes, UsageError } from './errors.js';
import type { Io } from './io.js';
import { count, listWords } from './layout.js';
import { describeTotals, jsonVersion } from './state-output.js';
import { statePathOf } from './state-path.js';
import type { Terminal } from './terminal.js';

export interface RevokeOptions {
  statePath?: string;
  client?: string;
  forget?: boolean;
  grant?: string;
  token?: string;
  tokenStdin?: boolean;
  all?: boolean;
  dryRun?: boolean;
  yes?: boolean;
  json?: boolean;
}

const longestTokenBytes = 16 * 1024;

/** Ends what the options name, or tells what would end. */
export async function revokeAccess(options: RevokeOptions, io: Io, terminal: Terminal): Promise<number> {
  const path = statePathOf(options, io);
  checkOptions(options);
  const target = await readTarget(options, io);
  const dryRun = options.dryRun === true;
  if (options.all === true && !dryRun && options.yes !== true && !(await confirmAll(path, terminal))) {
    terminal.note('nothing was changed');
    return exitCodes.failed;
  }
  const { revoked, names } = dryRun ? await tryRevocation(path, target) : await commitRevocation(path, target);
  if (options.json === true) {
    terminal.print(JSON.stringify({ json_version: jsonVersion, dry_run: dryRun, ...revoked }));
  } else {
    terminal.print(describe(revoked, names, dryRun));
  }
  if (!revoked.matched && options.token !== undefined) terminal.hint('a token itself is revoked with --token-stdin');
  if (options.all === true) {
    terminal.note('who comes in through Cloudflare Access is not in this file, and is not affected');
  }
  return exitCodes.done;
}

interface Outcome {
  revoked: Revoked;
  /** The names of the clients touched. */
  names: string[];
}

async function tryRevocation(path: string, target: RevokeTarget): Promise<Outcome> {
  const { view } = await readStateFile(path);
  return end(new Draft(view), target, Math.floor(Date.now() / 1_000));
}

async function commitRevocation(path: string, target: RevokeTarget): Promise<Outcome> {
  const store = await openCommandStore(path);
  try {
    const { value } = await store.update((draft, { now }) => end(draft, target, now));
    return value;
  } finally {
    await store.close();
  }
}

function end(draft: Draft, target: RevokeTarget, now: number): Outcome {
  const clients = new Map(draft.clients.entries());
  const revoked = revoke(draft, target, now);
  const names = revoked.clients.map((id) => {
    const name = clients.get(id)?.client_name;
    return typeof name === 'string' ? `"${displayText(name)}"` : displayText(id, 2_000);
  });
  return { revoked, names };
}

function checkOptions(options: RevokeOptions): void {
  const { client, grant, token, tokenStdin, all } = options;
  if ([client, grant, token, tokenStdin, all].every((target) => target === undefined)) {
    throw new UsageError('nothing to revoke is named', 'use --client, --grant, --token, --token-stdin or --all');
  }
  if (options.forget === true && client === undefined) {
    throw new UsageError('--forget needs --client', 'it deletes the registration of that client');
  }
  if (options.yes === true && all === undefined) {
    throw new UsageError('--yes needs --all', 'nothing else asks for a confirmation');
  }
}

async function readTarget(options: RevokeOptions, io: Io): Promise<RevokeTarget> {
  if (options.client !== undefined) return { kind: 'client', id: options.client, forget: options.forget === true };
  if (options.grant !== undefined) return { kind: 'grant', id: options.grant };
  if (options.token !== undefined) return { kind: 'token', hash: options.token };
  if (options.all === true) return { kind: 'all' };
  const token = await readToken(io);
  return { kind: 'token', hash: sha256Hex(token) };
}

async function readToken(io: Io): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of io.stdin) {
    const bytes = Buffer.from(chunk as Uint8Array);
    chunks.push(bytes);
    size += bytes.byteLength;
    if (size > longestTokenBytes || (io.stdin.isTTY === true && bytes.includes(0x0a))) break;
  }
  const token = Buffer.concat(chunks).toString('utf8').trim();
  if (token !== '' && !/\s/.test(token) && size <= longestTokenBytes) return token;
  throw new UsageError('standard input does not have a token', 'pass the token alone, as in --token-stdin < file');
}

/** Asks before anything is locked: an open question must not hold the server up. */
async function confirmAll(path: string, terminal: Terminal): Promise<boolean> {
  if (!terminal.canAsk) {
    throw new UsageError('--all asks for a confirmation, and there is no terminal', 'use --yes');
  }
  const { view } = await readStateFile(path);
  const totals = {
    clients: 0,
    grants: view.grants.size,
    access_tokens: view.access_tokens.size,
    refresh_tokens: view.refresh_tokens.size,
  };
  return await terminal.confirm(`End ${describeTotals(totals)} in ${path}? Every client has to be approved again.`);
}

function describe(revoked: Revoked, names: readonly string[], dryRun: boolean): string {
  if (!revoked.matched) return 'nothing to revoke';
  const tokens = [
    ...(revoked.access_tokens > 0 ? [count(revoked.access_tokens, 'access token')] : []),
    ...(revoked.refresh_tokens > 0 ? [count(revoked.refresh_tokens, 'refresh token')] : []),
  ];
  const ended = [
    ...(revoked.grants.length > 0 || tokens.length === 0 ? [count(revoked.grants.length, 'grant')] : []),
    ...tokens,
  ];
  const whose = names.length === 0 ? '' : ` of ${names.length > 5 ? `${names.length} clients` : listWords(names)}`;
  const forgotten = revoked.forgotten.length > 0 ? `, and ${dryRun ? 'forget' : 'forgot'} the registration` : '';
  return `${dryRun ? 'would end' : 'ended'} ${listWords(ended)}${whose}${forgotten}`;
}
