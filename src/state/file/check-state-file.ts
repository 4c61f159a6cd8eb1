import { defined } from '../../defined.js';
import { type Decision, decide, type Found } from '../rules/decide.js';
import type { StateView } from '../schema.js';
import { findStateFile } from './find-state-file.js';

export interface CheckedStateFile {
  readonly found: Found;
  /** Why it is not good. */
  readonly reason?: string;
  readonly hint?: string;
  /** What a server that starts on it does, once it has waited for the file to settle. */
  readonly decision: Decision;
  /** What can be read of it; as root, this process is the file's owner from then on. */
  readonly view?: StateView;
  /** The permission bits. */
  readonly mode?: number;
}

/** Reads the state file as a server that starts does, and changes nothing; `now` is in seconds. Rejects when there is none. */
export async function checkStateFile(path: string, now: number): Promise<CheckedStateFile> {
  const reader = await findStateFile(path);
  const { found, error, parsed, content } = await reader.look({ now, resource: '', refreshTokenTtlSeconds: 0 });
  parsed?.apply();
  await reader.file.forget();
  return {
    found,
    decision: decide({ memory: 'nothing', found, settled: true, phase: 'starting' }),
    ...defined({
      reason: error?.message,
      hint: error?.hint,
      view: parsed && reader.image.tables,
      mode: content?.mode,
    }),
  };
}
