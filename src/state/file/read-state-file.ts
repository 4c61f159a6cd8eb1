import { currentVersion } from '../rules/document.js';
import type { StateView } from '../schema.js';
import { findSource, findStateFile } from './find-state-file.js';
import type { StateReader } from './state-reader.js';

export interface StateFileContent {
  readonly view: StateView;
  readonly version: number;
  readonly sizeBytes: number;
  /** The permission bits. */
  readonly mode: number;
  readonly modifiedMs: number;
}

/** Reads a state file once, without the lock; rejects like openCommandStore, and changes nothing. */
export async function readStateFile(path: string): Promise<StateFileContent> {
  return await readFrom(await findStateFile(path));
}

/** The same for a file that is brought into the state file: this process stays who it is. */
export async function readSource(path: string): Promise<StateFileContent> {
  return await readFrom(await findSource(path));
}

async function readFrom(reader: StateReader): Promise<StateFileContent> {
  const content = await reader.read();
  await reader.file.forget();
  if (content === undefined) throw new Error('a first read has content');
  return {
    view: reader.image.tables,
    version: currentVersion,
    sizeBytes: content.bytes.length,
    mode: content.mode,
    modifiedMs: content.modifiedMs,
  };
}
