import { chmodSync, closeSync, constants, fchmodSync, openSync, realpathSync, rmSync } from 'node:fs';
import { basename, dirname, isAbsolute, join, relative, resolve, sep } from 'node:path';
import sqlite, { type Database } from 'node-sqlite3-wasm';
import type { Log } from '../../log.js';
import { makeFolder } from '../../make-folder.js';
import { takeOwnership } from './owner.js';
import { catalogueVersion, createTables, readVersion } from './schema.js';
import { Sql } from './sql.js';

export interface DatabaseOptions {
  /** The file, outside the vault; in memory without one. */
  readonly path: string | undefined;
  /** The vault's folder. */
  readonly root: string;
  /** Tells this opener from others of the process. */
  readonly nonce: string;
  /** What the file has is not to be trusted. */
  readonly discard: boolean;
  readonly log: Log;
}

/** Opens the catalogue's file, and rebuilds it if anything is wrong with it. Without a usable file it is in memory. */
export function openDatabase(options: DatabaseOptions): Sql {
  const { log } = options;
  const path = outsideVault(options);
  if (path !== undefined) {
    try {
      return openFile(path, options);
    } catch (error) {
      log.warn('the catalogue is kept in memory: its file cannot be used', { path, reason: describe(error) });
    }
  }
  const db = new sqlite.Database();
  createTables(db, catalogueVersion(options.root));
  return new Sql(db);
}

function openFile(path: string, { root, nonce, discard, log }: DatabaseOptions): Sql {
  makeFolder(dirname(path), 0o700);
  const release = takeOwnership(path, nonce);
  if (release === undefined) throw new Error('another server has it open');
  try {
    if (discard) removeFiles(path);
    const version = catalogueVersion(root);
    return new Sql(tryToOpen(path, version, log) ?? makeAnew(path, version), release);
  } catch (error) {
    removeFiles(path);
    release();
    throw error;
  }
}

function makeAnew(path: string, version: string): Database {
  removeFiles(path);
  closeSync(openSync(path, 'wx', 0o600));
  const db = open(path);
  createTables(db, version);
  return db;
}

/** Undefined when there is none, or none that can be used. */
function tryToOpen(path: string, version: string, log: Log): Database | undefined {
  let db: Database | undefined;
  try {
    // A link that was laid here is no catalogue of ours, and what it leads to keeps its mode.
    const file = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW);
    try {
      fchmodSync(file, 0o600);
    } finally {
      closeSync(file);
    }
    db = open(path);
    if (readVersion(db) === version) return db;
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) {
      log.warn('the catalogue is rebuilt: its file is damaged', { path, reason: describe(error) });
    }
  }
  try {
    db?.close();
  } catch {
    // What is damaged may not close either.
  }
  return undefined;
}

function open(path: string): Database {
  const db = new sqlite.Database(path);
  // Alone on its file, SQLite needs no shared memory for its log, and a commit no sync.
  db.exec(
    'PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA temp_store = MEMORY; PRAGMA cache_size = -8000',
  );
  try {
    // Its lock, a folder, is there from now on.
    chmodSync(`${path}.lock`, 0o700);
  } catch {
    // The disk has no modes.
  }
  return db;
}

function removeFiles(path: string): void {
  for (const suffix of ['', '-wal', '-shm', '-journal', '.lock']) {
    rmSync(path + suffix, { recursive: true, force: true });
  }
}

/** A file in the vault would be synchronised, committed and watched with the notes. */
function outsideVault({ path, root, log }: DatabaseOptions): string | undefined {
  if (path === undefined) return undefined;
  const folder = realFolder(resolve(dirname(path)));
  const fromVault = relative(root, join(folder, basename(path)));
  if (fromVault === '..' || fromVault.startsWith(`..${sep}`) || isAbsolute(fromVault))
    return join(folder, basename(path));
  log.warn('the catalogue is kept in memory: its path is inside the vault', { path });
  return undefined;
}

function realFolder(folder: string): string {
  try {
    return realpathSync(folder);
  } catch {
    return folder === dirname(folder) ? folder : join(realFolder(dirname(folder)), basename(folder));
  }
}

function describe(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
