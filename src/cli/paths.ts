import { resolve } from 'node:path';
import { UsageError } from './errors.js';

/**
 * Returns the absolute path of a setting. A shell leaves `~` alone in `--flag=~/notes`, and a file of variables has no
 * shell: so `~/` is the home folder here, and another user's is refused. Throws UsageError.
 */
export function expandPath(
  { text, from }: { text: string; from: string },
  { cwd, home }: { cwd: string; home: string | undefined },
): string {
  if (!/^~/.test(text)) return resolve(cwd, text);
  if (!/^~(\/|$)/.test(text)) {
    throw new UsageError(`${from}: ${text} begins with ~, which is not expanded`, `write the whole path, or ./${text}`);
  }
  if (home === undefined || home === '') {
    throw new UsageError(`${from}: ${text} needs a home folder, and HOME is not set`, 'write the whole path');
  }
  return resolve(home, `.${text.slice(1)}`);
}
