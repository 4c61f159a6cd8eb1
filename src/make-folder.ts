import { mkdirSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { systemErrorCode } from './errors.js';

/**
 * Makes the folder `path` (absolute) and those above it that are missing, each with `mode`; what is there stays. Throws
 * Node's system errors. Node's own recursive call never returns where the system makes no folders, as in /proc.
 */
export function makeFolder(path: string, mode: number): void {
  try {
    mkdirSync(path, { mode });
  } catch (error) {
    if (isFolder(path)) return;
    if (systemErrorCode(error) !== 'ENOENT') throw error;
    const parent = dirname(path);
    if (!isFolder(parent)) makeFolder(parent, mode);
    // Another process may have made either of them meanwhile.
    try {
      mkdirSync(path, { mode });
    } catch (again) {
      if (!isFolder(path)) throw again;
    }
  }
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
}
