import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { type Log, silentLog } from '../../src/log.js';
import {
  type AccessTokenRecord,
  type ChangeSet,
  type ClientRecord,
  type GrantRecord,
  type RefreshTokenRecord,
  tableNames,
} from '../../src/state/schema.js';
import { openServerStore } from '../../src/state/store/open-server-store.js';
import type { StateStore, Transition } from '../../src/state/store/store.js';
import type { StateWaits } from '../../src/state/waits.js';

export const resource = 'https://vault.example/mcp';

const cleanups = new WeakMap<TestContext, (() => unknown)[]>();

/** Like t.after, but the last one first: stores and processes end before their folder goes. */
export function cleanUp(t: TestContext, action: () => unknown): void {
  const known = cleanups.get(t);
  if (known !== undefined) return void known.unshift(action);
  const actions = [action];
  cleanups.set(t, actions);
  t.after(async () => {
    for (const each of actions) await each();
  });
}

/** A folder of its own, removed after the test. */
export async function temporaryFolder(t: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'vault-mcp-state-'));
  cleanUp(t, () => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** A server's store, closed after the test. */
export async function openStore(
  t: TestContext,
  path: string,
  log: Log = silentLog,
  waits: Partial<StateWaits> = {},
): Promise<StateStore> {
  const store = await openServerStore({ path, resource, refreshTokenTtlSeconds: 1_000, log, waits });
  cleanUp(t, () => store.close().catch(() => {}));
  return store;
}

/** A Log that remembers its lines as `level message {fields}`. */
export function recordingLog(): Log & { lines: string[] } {
  const lines: string[] = [];
  const at = (level: string) => (message: string, fields?: object) =>
    void lines.push(`${level} ${message} ${JSON.stringify(fields ?? {})}`);
  return { lines, debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') };
}

export function client(id: string, more: Partial<ClientRecord> = {}): ClientRecord {
  return {
    client_id: id,
    client_id_issued_at: 1_700_000_000,
    redirect_uris: ['https://claude.ai/api/mcp/auth_callback'],
    token_endpoint_auth_method: 'none',
    ...more,
  };
}

export function grant(clientId: string, more: Partial<GrantRecord> = {}): GrantRecord {
  return {
    client_id: clientId,
    scopes: ['vault:read', 'vault:write'],
    resource,
    created_at: 1_700_000_000,
    last_used_at: 1_700_000_000,
    origin: 'approval',
    ...more,
  };
}

export function token(grantId: string, more: Partial<AccessTokenRecord & RefreshTokenRecord> = {}): AccessTokenRecord {
  return {
    grant_id: grantId,
    scopes: ['vault:read', 'vault:write'],
    created_at: 1_700_000_000,
    expires_at: 4_000_000_000,
    ...more,
  };
}

/** A transition that puts one client, and answers its id. */
export function register(id: string, more: Partial<ClientRecord> = {}): Transition<string> {
  return (draft) => {
    draft.clients.put(id, client(id, more));
    return id;
  };
}

/** A transition that puts these records. */
export function putAll(changes: ChangeSet): Transition<void> {
  return (draft) => {
    if (changes.revoked_before !== undefined) draft.revokedBefore = changes.revoked_before;
    for (const name of tableNames) {
      for (const [key, record] of changes[name] ?? []) draft[name].put(key, record as never);
    }
  };
}

/** A transition that removes one client. */
export function forget(id: string): Transition<void> {
  return (draft) => draft.clients.delete(id);
}

/** Resolves when `condition` holds; rejects after `seconds`. */
export async function until(condition: () => boolean | Promise<boolean>, seconds = 15): Promise<void> {
  const deadline = performance.now() + seconds * 1_000;
  while (!(await condition())) {
    if (performance.now() > deadline) throw new Error(`not within ${seconds} s: ${condition}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
