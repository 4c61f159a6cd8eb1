import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import type { TestContext } from 'node:test';
import { cleanUp } from '../state/state-fixture.js';

/** False where it works, else why it does not. */
function reasonNotToMount(): string | false {
  if (process.geteuid?.() !== 0) return 'needs root, to mount';
  const folder = mkdtempSync(join(tmpdir(), 'vault-mcp-mount-'));
  try {
    execFileSync('mount', ['-t', 'tmpfs', 'vault-mcp-test', folder], { stdio: 'ignore' });
    execFileSync('umount', [folder]);
    return false;
  } catch {
    return 'mounting is not permitted here';
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** The options of a test that mounts. */
export const mounting = { skip: reasonNotToMount() };

/** Mounts as `mount(8)` does with these arguments, on a folder that goes with the test. */
export async function mount(t: TestContext, ...args: string[]): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'vault-mcp-mount-'));
  execFileSync('mount', [...args, folder]);
  cleanUp(t, () => {
    execFileSync('umount', ['-l', folder]);
    rmSync(folder, { recursive: true });
  });
  return folder;
}
