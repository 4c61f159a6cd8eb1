import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { writeFileAtomically } from '../atomic-file.js';
import { systemErrorCode } from '../errors.js';
import { VaultError } from './errors.js';

/** Makes the folder of a new vault, with a note that says what it is for. Rejects with VaultError `exists` or `unwritable`. */
export async function createVault(path: string): Promise<void> {
  try {
    await mkdir(path);
    await writeFileAtomically(join(path, 'welcome.md'), Buffer.from(welcomeNote), 0o644);
  } catch (error) {
    const code = systemErrorCode(error);
    if (code === 'EEXIST') throw new VaultError('exists', `there is something at ${path} already`, { cause: error });
    throw new VaultError('unwritable', `the vault folder ${path} cannot be made (${code ?? 'unknown'})`, {
      cause: error,
      hint: 'check the path, and that this user may write there',
    });
  }
}

const welcomeNote = `# Welcome to your vault

**Status:** Active

This folder is what vault-mcp serves: every \`.md\` file in it is a note that your assistants can list, read, search and
edit. Put your own notes here, or point \`VAULT_PATH\` at the folder that has them.

## What is left alone

Files and folders whose names begin with \`.\` or \`_\` are neither listed nor readable.
`;
