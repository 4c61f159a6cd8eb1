import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { writeFileAtomically } from '../atomic-file.js';
import { systemErrorCode } from '../errors.js';
import { makeFolder } from '../make-folder.js';
import { createVault } from '../notes/create-vault.js';
import type { InitAnswers } from './init.js';
import { isThere, unitTexts } from './init-units.js';
import { makePin, readPinFile } from './pin.js';

/** Something that init makes, or leaves as it is. */
export interface Change {
  readonly kind: 'made' | 'replaced' | 'kept';
  readonly what: 'vault' | 'folder' | 'PIN' | 'settings' | 'unit';
  readonly path: string;
  /** Of settings and units. */
  readonly text?: string;
}

/** Returns all that init makes for these answers, in order; changes nothing. Throws UsageError for a PIN file without a PIN. */
export async function planChanges(answers: InitAnswers): Promise<Change[]> {
  const { vaultPath, statePath, pinFile, settingsFile, units } = answers;
  const changes: Change[] = [{ kind: await kindOf(vaultPath), what: 'vault', path: vaultPath }];
  if (statePath !== undefined) {
    const folder = dirname(statePath);
    changes.push({ kind: await kindOf(folder), what: 'folder', path: folder });
  }
  const pinKind = await kindOf(pinFile);
  if (pinKind === 'kept') await readPinFile(pinFile);
  changes.push({ kind: pinKind, what: 'PIN', path: pinFile });
  changes.push(await changeOfText('settings', settingsFile, settingsText(answers)));
  if (units !== undefined && units !== '-') {
    for (const [name, text] of await unitTexts(answers))
      changes.push(await changeOfText('unit', join(units, name), text));
  }
  return changes;
}

/** Returns the sentence that tells a change before it is made. */
export function describeChange({ kind, what, path }: Change): string {
  if (kind === 'kept') return `${path} stays as it is`;
  if (kind === 'replaced') return `will replace ${path}`;
  const described = {
    vault: 'the folder of notes, with a welcome note',
    folder: 'the folder of the state file, for this user only',
    PIN: 'a random PIN, for this user only',
    settings: 'the settings, for this user only',
    unit: 'a unit of systemd',
  }[what];
  return `will create ${path}: ${described}`;
}

/** Makes one change; rejects with Node's system errors or VaultMcpError. */
export async function applyChange({ kind, what, path, text = '' }: Change): Promise<void> {
  if (kind === 'kept') return;
  if (what === 'folder') {
    makeFolder(path, 0o700);
    return;
  }
  makeFolder(dirname(path), 0o777);
  if (what === 'vault') createVault(path);
  else if (what === 'PIN') await writeFileAtomically(path, Buffer.from(`${makePin()}\n`), 0o600);
  else await writeFileAtomically(path, Buffer.from(text), what === 'unit' ? 0o644 : 0o600);
}

/** Returns the settings as systemd and docker read them. */
export function settingsText(answers: InitAnswers): string {
  const { vaultPath, issuerUrl, port, statePath, pinFile, units } = answers;
  const variables = [
    ['VAULT_PATH', vaultPath],
    ...(issuerUrl === undefined ? [] : [['OAUTH_ISSUER_URL', issuerUrl]]),
    // The socket unit has the port, and the service gets the PIN as a credential.
    ...(units === undefined ? [['SERVER_PORT', String(port)]] : []),
    ...(statePath === undefined ? [] : [['OAUTH_STATE_PATH', statePath]]),
    ...(units === undefined ? [['OAUTH_PIN_FILE', pinFile]] : []),
  ];
  return `# Settings of vault-mcp: man vault-mcp-serve\n${variables.map(([name = '', value = '']) => `${name}=${quoted(value)}\n`).join('')}`;
}

function quoted(value: string): string {
  return /^[\w/.:@%+,=~-]+$/.test(value) ? value : `"${value.replace(/["\\$`]/g, '\\$&')}"`;
}

async function kindOf(path: string): Promise<'made' | 'kept'> {
  return (await isThere(path)) ? 'kept' : 'made';
}

async function changeOfText(what: Change['what'], path: string, text: string): Promise<Change> {
  try {
    return { kind: (await readFile(path, 'utf8')) === text ? 'kept' : 'replaced', what, path, text };
  } catch (error) {
    if (systemErrorCode(error) !== 'ENOENT') throw error;
    return { kind: 'made', what, path, text };
  }
}
