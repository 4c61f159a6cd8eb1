import { displayText } from '../foreign-text.js';
import { hasLiveToken } from '../state/rules/prune.js';
import { count } from '../words.js';
import type { Core } from './core.js';

const shownUrls = 5;

/** Warns of live grants that a new public URL or port has put out of use: their clients would have to log in again. */
export function warnOfForeignGrants(core: Pick<Core, 'store' | 'log' | 'now' | 'issuer' | 'isOurGrant'>): void {
  const view = core.store.view();
  const counts = new Map<string, number>();
  for (const [id, grant] of view.grants.entries()) {
    if (core.isOurGrant(grant) || !hasLiveToken(view, id, core.now())) continue;
    counts.set(grant.resource, (counts.get(grant.resource) ?? 0) + 1);
  }
  for (const [resource, grants] of [...counts].sort(([, a], [, b]) => b - a).slice(0, shownUrls)) {
    const url = displayText(resource, 200);
    core.log.warn(
      `${count(grants, 'grant is', 'grants are')} for ${url}, not for ${core.issuer}/mcp: those clients have to log in again`,
      {
        hint: `if that was this server's URL, start with --also-issuer ${url.replace(/\/mcp\/?$/, '')} to keep them`,
      },
    );
  }
}
