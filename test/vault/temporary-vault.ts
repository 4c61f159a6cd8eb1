import { mkdir, mkdtemp, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { TestContext } from 'node:test';
import { silentLog } from '../../src/log.js';
import { openVault } from '../../src/vault/open-vault.js';
import type { Vault } from '../../src/vault/vault.js';

/** Returns a real temporary folder that goes with the test. */
export async function temporaryFolder(t: TestContext): Promise<string> {
  const folder = await realpath(await mkdtemp(join(tmpdir(), 'vault-mcp-notes-')));
  t.after(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** Opens a vault in a temporary folder with these files. */
export async function temporaryVault(
  t: TestContext,
  files: Readonly<Record<string, string | Uint8Array>> = {},
  options: { ignore?: string[]; readOnly?: boolean } = {},
): Promise<Vault> {
  const root = await temporaryFolder(t);
  for (const [path, content] of Object.entries(files)) await addFile(root, path, content);
  return openVault({ path: root, log: silentLog, ...options });
}

/** Writes a file as another program would, with its folders. */
export async function addFile(root: string, path: string, content: string | Uint8Array): Promise<void> {
  await mkdir(dirname(join(root, path)), { recursive: true });
  await writeFile(join(root, path), content);
}

/** A check for assert.rejects and assert.throws: a VaultError of this code whose message matches. */
export function vaultError(code: string, message = /./): (error: unknown) => boolean {
  return (error) => error instanceof Error && 'code' in error && error.code === code && message.test(error.message);
}
