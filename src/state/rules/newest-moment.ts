import { type ChangeSet, tableNames } from '../schema.js';

const members = ['client_id_issued_at', 'created_at', 'last_used_at'];

/** Returns the latest moment, in seconds since the epoch, at which one of these records was made or used; 0 for none. */
export function newestMoment(changes: ChangeSet): number {
  let newest = 0;
  for (const name of tableNames) {
    for (const record of changes[name]?.values() ?? []) {
      for (const member of members) {
        const moment = record?.[member];
        if (typeof moment === 'number' && moment > newest) newest = moment;
      }
    }
  }
  return newest;
}
