import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { systemErrorCode } from '../errors.js';
import { NotesError } from './errors.js';

/** Makes the folder of a new vault, with a note that says what it is for. Throws NotesError `exists` or `unwritable`. */
export function createVault(path: string): void {
  try {
    mkdirSync(path);
    writeFileSync(join(path, 'welcome.md'), welcomeNote, { flag: 'wx' });
  } catch (error) {
    const code = systemErrorCode(error);
    if (code === 'EEXIST') throw new NotesError('exists', `there is something at ${path} already`, { cause: error });
    throw new NotesError('unwritable', `the vault folder ${path} cannot be created (${code ?? 'unknown'})`, {
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

Files and folders whose names begin with \`.\` are not open to assistants. Those that begin with \`_\`, such as
\`_templates\`, are neither listed nor searched, but can be read and written by who knows their path.
`;
