import { VaultMcpError } from '../errors.js';

export type NotesErrorCode =
  | 'not_found'
  | 'outside_vault'
  | 'not_markdown'
  | 'not_text'
  | 'too_large'
  | 'too_slow'
  | 'unreadable'
  | 'unwritable'
  | 'vault_missing'
  | 'exists'
  | 'conflict'
  | 'no_match'
  | 'ambiguous_match'
  | 'bad_frontmatter'
  | 'bad_path'
  | 'bad_argument'
  | 'read_only'
  | 'cancelled'
  | 'stopped';

/** An operation on notes that was refused or failed; the message stands alone and says what to do, for a model or a person. */
export class NotesError extends VaultMcpError {
  declare readonly code: NotesErrorCode;

  constructor(code: NotesErrorCode, message: string, options: { cause?: unknown; hint?: string } = {}) {
    super(code, message, options);
  }
}
