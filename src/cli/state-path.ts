import { resolve } from 'node:path';
import { UsageError } from './errors.js';
import type { Io } from './io.js';

/** Returns the absolute path of the state file that a command was given; throws UsageError when none was named. */
export function statePathOf(options: { statePath?: string }, io: Io): string {
  const path = options.statePath ?? io.env['OAUTH_STATE_PATH'];
  if (path !== undefined && path !== '') return resolve(io.cwd, path);
  throw new UsageError(
    'no state file is named',
    'use --state-path or set OAUTH_STATE_PATH; npm start keeps it in .vault-mcp/state.json',
  );
}
