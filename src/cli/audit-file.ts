import { constants, createWriteStream, type WriteStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { systemErrorCode } from '../errors.js';
import type { Log } from '../log.js';
import { UsageError } from './errors.js';

/** The file that the audit's lines go to. */
export interface AuditFile {
  write(line: string): void;
  /** Opens the path again: whoever rotates logs has moved the file away. */
  reopen(): Promise<void>;
  close(): Promise<void>;
}

/** Opens the file for appending, made 0600 and kept so; throws UsageError when that cannot be. */
export async function openAuditFile(path: string, log: Log): Promise<AuditFile> {
  const openStream = async (): Promise<WriteStream> => {
    const flags = constants.O_WRONLY | constants.O_APPEND | constants.O_CREAT | constants.O_NOFOLLOW;
    const file = await open(path, flags, 0o600);
    if (((await file.stat()).mode & 0o77) !== 0) await file.chmod(0o600);
    const stream = createWriteStream('', { fd: file });
    stream.on('error', (error) => log.error('the audit file cannot be written', { path, reason: error.message }));
    return stream;
  };
  let stream: WriteStream;
  try {
    stream = await openStream();
  } catch (error) {
    throw new UsageError(
      `the audit file ${path} cannot be opened: ${systemErrorCode(error) ?? 'unknown error'}`,
      'its folder must exist, and this user must be able to write to it',
    );
  }
  return {
    write: (line) => void stream.write(line),
    async reopen() {
      try {
        const next = await openStream();
        stream.end();
        stream = next;
        log.info('opened the audit file again', { path });
      } catch (error) {
        log.error('the audit file cannot be opened again', { path, reason: systemErrorCode(error) ?? String(error) });
      }
    },
    close: () => new Promise((resolve) => stream.end(() => resolve())),
  };
}
