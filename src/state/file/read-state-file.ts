import type { StateView } from '../schema.js';
import { createCommandStore } from '../store/open-command-store.js';
import { currentVersion } from './document.js';

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
  const store = await createCommandStore(path);
  const content = await store.read();
  await store.close();
  if (content === undefined) throw new Error('a first read has content');
  return {
    view: store.view(),
    version: currentVersion,
    sizeBytes: content.bytes.length,
    mode: content.mode,
    modifiedMs: content.modifiedMs,
  };
}
