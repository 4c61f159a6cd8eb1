import { UsageError } from './errors.js';
import type { Io } from './io.js';
import { misspeltVariables } from './misspelt-variables.js';
import { expandPath } from './paths.js';

/** Returns the absolute path of the state file that a command was given; throws UsageError when none was named. */
export function statePathOf(options: { statePath?: string }, { env, cwd }: Io): string {
  const typed = options.statePath;
  const text = (typed ?? env['OAUTH_STATE_PATH'] ?? '').trim();
  const from = typed === undefined ? 'OAUTH_STATE_PATH' : '--state-path';
  if (text !== '') return expandPath({ text, from }, { cwd, home: env['HOME'] });
  const [misspelt] = misspeltVariables(env, ['OAUTH_STATE_PATH']).filter((sentence) => sentence.endsWith('?'));
  throw new UsageError(
    'no state file is named',
    misspelt ?? 'use --state-path or set OAUTH_STATE_PATH; npm start keeps it in .vault-mcp/state.json',
  );
}
