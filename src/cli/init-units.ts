import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { systemErrorCode } from '../errors.js';
import type { InitAnswers } from './init.js';

const packageFolder = fileURLToPath(new URL('../../../', import.meta.url));
const installedProgram = '/usr/local/bin/vault-mcp';
const isUnit = /^vault-mcp(?:-prune)?\.(?:service|socket|timer)$/;

/** Returns the file of the package at this path below its folder. */
export function readShipped(path: string): Promise<string> {
  return readFile(join(packageFolder, path), 'utf8');
}

/** Returns the shipped units with this server's paths and port, by their names. */
export async function unitTexts({ vaultPath, port, pinFile, settingsFile }: InitAnswers): Promise<[string, string][]> {
  const names = (await readdir(join(packageFolder, 'docs/systemd'))).filter((name) => isUnit.test(name)).sort();
  const program = (await findProgram()).map(unitPath).join(' ');
  return Promise.all(
    names.map(async (name): Promise<[string, string]> => {
      let text = await readShipped(`docs/systemd/${name}`);
      text = text
        .replaceAll('/usr/local/bin/vault-mcp', () => program)
        .replaceAll('=/etc/vault-mcp/env', () => `=${settingsFile.replaceAll('%', '%%')}`)
        .replaceAll('pin:/etc/vault-mcp/pin', () => `pin:${pinFile.replaceAll('%', '%%')}`)
        .replaceAll('=127.0.0.1:8091', `=127.0.0.1:${port}`);
      text = isHidden([vaultPath])
        ? text
            .replace(/^ReadWritePaths=.*$/m, () => `BindPaths=${unitPath(vaultPath)}`)
            .replace(/^(ReadWritePaths|BindPaths)(=.*\n[\s\S]*)^ProtectHome=yes$/m, '$1$2ProtectHome=tmpfs')
        : text.replace(/^ReadWritePaths=.*$/m, () => `ReadWritePaths=${unitPath(vaultPath)}`);
      return [name, text];
    }),
  );
}

/** systemd.syntax(7): blanks part values, and % begins a specifier. */
function unitPath(path: string): string {
  const text = path.replaceAll('%', '%%');
  return /^[\w/.:@%+,=~-]+$/.test(text) ? text : `"${text.replace(/["\\]/g, '\\$&')}"`;
}

/** Returns the words that run this program: where npm installs it for all, or node and the package's own file. */
export async function findProgram(): Promise<readonly string[]> {
  return (await isThere(installedProgram))
    ? [installedProgram]
    : [process.execPath, join(packageFolder, 'bin/vault-mcp.js')];
}

/** Returns whether the units would hide one of the paths from the service (ProtectHome=). */
export function isHidden(paths: readonly string[]): boolean {
  return paths.some((path) => /^\/(?:home|root)\//.test(path));
}

/** Returns whether `path` exists; rejects if that cannot be found out. */
export async function isThere(path: string): Promise<boolean> {
  try {
    await stat(path);
    return true;
  } catch (error) {
    if (systemErrorCode(error) === 'ENOENT') return false;
    throw error;
  }
}
