import type { ChangeSet } from '../schema.js';

/** Returns the latest moment, in seconds since the epoch, at which one of these records was made or used; 0 for none. */
export function newestMoment(changes: ChangeSet): number {
  let newest = 0;
  const see = (moment: number | undefined) => {
    if (moment !== undefined && moment > newest) newest = moment;
  };
  for (const client of changes.clients?.values() ?? []) {
    see(client?.client_id_issued_at);
    see(client?.last_used_at);
  }
  for (const grant of changes.grants?.values() ?? []) {
    see(grant?.created_at);
    see(grant?.last_used_at);
  }
  for (const token of changes.access_tokens?.values() ?? []) see(token?.created_at);
  for (const token of changes.refresh_tokens?.values() ?? []) see(token?.created_at);
  return newest;
}
