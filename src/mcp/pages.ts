import { VaultError } from '../vault/errors.js';

export interface Page<T> {
  readonly items: readonly T[];
  /** Names the last item of this page; undefined on the last page. */
  readonly nextCursor: string | undefined;
}

/**
 * Takes `limit` items after the one that `cursor` names; `items` are in the order of their keys. The cursor is the key
 * itself, encoded, so that it outlives a restart and items that come or go. Rejects a foreign cursor as bad_argument.
 */
export function takePage<T>(
  items: readonly T[],
  keyOf: (item: T) => string,
  cursor: string | undefined,
  limit: number,
): Page<T> {
  const after = cursor === undefined ? undefined : decodeCursor(cursor);
  const start = after === undefined ? 0 : firstIndexAfter(items, keyOf, after);
  const page = items.slice(start, start + limit);
  const last = page.at(-1);
  const more = last !== undefined && start + limit < items.length;
  return { items: page, nextCursor: more ? encodeCursor(keyOf(last)) : undefined };
}

function encodeCursor(key: string): string {
  return Buffer.from(`after:${key}`).toString('base64url');
}

function decodeCursor(cursor: string): string {
  const text = Buffer.from(cursor, 'base64url').toString();
  if (!text.startsWith('after:')) {
    throw new VaultError('bad_argument', 'This cursor is not one that this server gave: leave it out to start over.');
  }
  return text.slice('after:'.length);
}

function firstIndexAfter<T>(items: readonly T[], keyOf: (item: T) => string, key: string): number {
  const index = items.findIndex((item) => keyOf(item) > key);
  return index === -1 ? items.length : index;
}
