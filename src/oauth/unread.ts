import type { StateStore } from '../state/store/store.js';
import { OAuthError } from './errors.js';

const retryAfterSeconds = 5;

/**
 * Throws `temporarily_unavailable` while the logins could not be read yet: clients keep their tokens on that, and throw
 * their registration away on any refusal.
 */
export function refuseWhileUnread(store: StateStore): void {
  if (store.health().unread !== true) return;
  throw new OAuthError('temporarily_unavailable', 'The logins cannot be read at the moment; try again', {
    retryAfterSeconds,
  });
}
