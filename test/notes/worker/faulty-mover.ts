import fs, { existsSync, writeFileSync } from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import process from 'node:process';
import { isMainThread } from 'node:worker_threads';

/**
 * Loaded before the worker's own code (`--import`): when it has renamed FAULT_AFTER files, or given one a second name when that
 * is `link`, and there is no file FAULT_MARKER yet, the thread ends, or with FAULT_KILLS the whole process.
 */
const { FAULT_AFTER, FAULT_MARKER = '', FAULT_KILLS } = process.env;
if (!isMainThread && !existsSync(FAULT_MARKER)) {
  const { renameSync, linkSync } = fs;
  let left = Number(FAULT_AFTER);
  const die = () => {
    writeFileSync(FAULT_MARKER, '');
    if (FAULT_KILLS === '1') process.kill(process.pid, 'SIGKILL');
    process.exit(1);
  };
  fs.renameSync = (from, to) => {
    renameSync(from, to);
    if (--left === 0) die();
  };
  fs.linkSync = (from, to) => {
    linkSync(from, to);
    if (FAULT_AFTER === 'link') die();
  };
  syncBuiltinESMExports();
}
