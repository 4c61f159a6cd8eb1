import { mkdir, mkdtemp, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { TestContext } from 'node:test';

/** A temporary folder that a test changes as other programs would. */
export interface NotesFolder {
  readonly root: string;
  put(path: string, text: string | Uint8Array): Promise<void>;
  remove(path: string): Promise<void>;
}

export async function createNotesFolder(t: TestContext): Promise<NotesFolder> {
  const root = await realpath(await mkdtemp(join(tmpdir(), 'vault-mcp-search-')));
  t.after(() => rm(root, { recursive: true, force: true }));
  return {
    root,
    async put(path, text) {
      await mkdir(dirname(join(root, path)), { recursive: true });
      await writeFile(join(root, path), text);
    },
    async remove(path) {
      await rm(join(root, path), { recursive: true });
    },
  };
}
