import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readdir, readFile, realpath, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { TestContext } from 'node:test';
import { VaultError } from '../../src/vault/errors.js';
import type { Note, Vault } from '../../src/vault/vault.js';

/** A folder of notes in a temporary directory, and what search needs of a vault over it. */
export interface PlainVault extends Vault {
  put(path: string, text: string): Promise<void>;
  remove(path: string): Promise<void>;
}

export async function createPlainVault(t: TestContext): Promise<PlainVault> {
  const root = await realpath(await mkdtemp(join(tmpdir(), 'vault-mcp-search-')));
  t.after(() => rm(root, { recursive: true, force: true }));
  return openPlainVault(root);
}

export function openPlainVault(root: string): PlainVault {
  const refuse = () => Promise.reject(new Error('not needed by search'));
  const isListed = (path: string) => /\.md$/i.test(path) && !path.split('/').some((part) => /^[._]/.test(part));
  return {
    root,
    isListed,
    async list() {
      const paths = (await readdir(root, { recursive: true })).filter(isListed).sort();
      return Promise.all(
        paths.map(async (path) => {
          const { size, mtimeMs } = await stat(join(root, path));
          return { path, size, modifiedMs: mtimeMs };
        }),
      );
    },
    async read(path): Promise<Note> {
      const bytes = await readFile(join(root, path)).catch((cause: unknown) => {
        throw new VaultError('not_found', `no note ${path}`, { cause });
      });
      if (bytes.includes(0)) throw new VaultError('not_text', `${path} is not text`);
      const text = bytes.toString();
      return {
        path,
        text,
        hash: createHash('sha256').update(bytes).digest('hex'),
        modifiedMs: (await stat(join(root, path))).mtimeMs,
        metadata: {
          title: /^# (.*)$/m.exec(text)?.[1] ?? path,
          domain: path.includes('/') ? (path.split('/')[0] ?? '') : 'root',
          status: /\*\*Status:\*\* Done/.test(text) ? 'Done' : undefined,
          created: undefined,
          updated: undefined,
          sections: [],
          crossReferences: [],
          other: {},
        },
      };
    },
    write: refuse,
    edit: refuse,
    async put(path, text) {
      await mkdir(dirname(join(root, path)), { recursive: true });
      await writeFile(join(root, path), text);
    },
    async remove(path) {
      await rm(join(root, path), { recursive: true });
    },
  };
}
