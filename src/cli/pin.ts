import { randomBytes } from 'node:crypto';
import { constants } from 'node:fs';
import { mkdtemp, open, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { writeFileAtomically } from '../atomic-file.js';
import { systemErrorCode, VaultMcpError } from '../errors.js';
import { makeFolder } from '../make-folder.js';
import { UsageError } from './errors.js';

/** 32 characters that cannot be mistaken for one another: five bits each. */
const alphabet = '23456789abcdefghjkmnpqrstuvwxyz0';
const madePin = /^[0-9a-z]{4}-[0-9a-z]{4}-[0-9a-z]{4}-[0-9a-z]{4}$/;
const longestPinBytes = 1024;

/** Returns a random PIN of 80 bits. */
export function makePin(): string {
  const characters = [...randomBytes(16)].map((byte) => alphabet[byte % alphabet.length]);
  return (characters.join('').match(/.{4}/g) ?? []).join('-');
}

/** Returns the PIN in a file: its first line. Throws UsageError if there is none. */
export async function readPinFile(path: string): Promise<string> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    throw new UsageError(
      `the PIN file ${path} cannot be read: ${systemErrorCode(error) ?? 'unknown error'}`,
      'check the path of --pin-file, and that this user may read it',
    );
  }
  const [pin = ''] = text.split('\n', 1);
  if (pin.trim() === '' || Buffer.byteLength(pin) > longestPinBytes) {
    throw new UsageError(`the PIN file ${path} has no valid PIN`, 'write the PIN to its first line');
  }
  return pin;
}

/** Returns warnings about a PIN, as sentences: blanks and other characters around it are ignored, but quotes are not. */
export function pinRemarks(pin: string, from: string): string[] {
  const remarks: string[] = [];
  if (/\r/.test(pin))
    remarks.push(`${from} ends in a carriage return, which is ignored; perhaps it was saved on Windows`);
  else if (pin.startsWith('\ufeff')) remarks.push(`${from} begins with a byte order mark, which is ignored`);
  else if (pin !== pin.trim()) remarks.push(`${from} has blanks around the PIN, which are ignored`);
  if (/^(["'\u201c\u2018]).*["'\u201d\u2019]$/su.test(pin.trim()) && pin.trim().length > 1) {
    remarks.push(`${from} has quotes around the PIN, which are part of the PIN: remove them, or type them too`);
  }
  return remarks;
}

/** A PIN that vault-mcp made, and the file (0600) that has it. */
export interface KeptPin {
  readonly pin: string;
  readonly path: string;
}

/** Returns the PIN that an earlier start kept beside the state file; undefined when there is none. */
export async function readKeptPin(statePath: string | undefined): Promise<KeptPin | undefined> {
  if (statePath === undefined) return undefined;
  const path = pinPathOf(statePath);
  const pin = await readMadePin(path);
  return pin === undefined ? undefined : { pin, path };
}

/** Keeps a PIN beside the state file, or in a new temporary folder; returns the file's path. Throws VaultMcpError `pin_unwritable`. */
export async function keepMadePin(pin: string, statePath: string | undefined): Promise<string> {
  try {
    if (statePath !== undefined) makeFolder(dirname(statePath), 0o700);
    const path =
      statePath === undefined ? join(await mkdtemp(join(tmpdir(), 'vault-mcp-')), 'pin') : pinPathOf(statePath);
    await writeFileAtomically(path, Buffer.from(`${pin}\n`), 0o600);
    return path;
  } catch (error) {
    throw new VaultMcpError('pin_unwritable', `the PIN cannot be written to a file: ${(error as Error).message}`, {
      cause: error,
      hint: 'set a PIN with OAUTH_PIN or --pin-file',
    });
  }
}

function pinPathOf(statePath: string): string {
  return `${statePath}.pin`;
}

/** Only a private regular file of this user that holds what makePin makes is believed. */
async function readMadePin(path: string): Promise<string | undefined> {
  const file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK).catch(
    () => undefined,
  );
  if (file === undefined) return undefined;
  try {
    const { mode, uid } = await file.stat();
    if ((mode & constants.S_IFMT) !== constants.S_IFREG || (mode & 0o77) !== 0 || uid !== process.getuid?.())
      return undefined;
    const pin = (await file.readFile('utf8')).trimEnd();
    return madePin.test(pin) ? pin : undefined;
  } finally {
    await file.close();
  }
}
