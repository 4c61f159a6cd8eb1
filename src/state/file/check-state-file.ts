import { defined } from '../../defined.js';
import { StateError } from '../errors.js';
import { type Decision, decide, type Found } from '../rules/decide.js';
import type { ImportOptions } from '../rules/migrate.js';
import type { StateView } from '../schema.js';
import { findStateFile } from './find-state-file.js';
import { refuseForeign } from './ownership.js';
import type { StateReader } from './state-reader.js';

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
  const { found: inside, error: fault, parsed, content } = await reader.look(importing(now));
  parsed?.apply();
  await reader.file.forget();
  const foreign = content === undefined && inside !== 'missing' ? undefined : await whyForeign(reader, content?.uid);
  const found = foreign === undefined ? inside : 'foreign';
  const error = foreign ?? fault;
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

/** What a token without an expiry is given only has to be later than now: it is counted, and thrown away. */
function importing(now: number): ImportOptions {
  return { now, resource: '', refreshTokenTtlSeconds: 3_600 };
}

async function whyForeign({ file, path }: StateReader, uid: number | undefined): Promise<StateError | undefined> {
  try {
    await refuseForeign(file.path, uid, path);
    return undefined;
  } catch (error) {
    if (error instanceof StateError) return error;
    throw error;
  }
}
