import type { Draft } from './draft.js';

export const mostSpentRefreshTokens = 50;
export const mostAccessTokens = 20;

/** Removes a grant's oldest spent refresh tokens and oldest access tokens above the caps; call it after adding new ones. */
export function capTokens(draft: Draft, grantId: string): void {
  const spent: { hash: string; at: number }[] = [];
  for (const [hash, { rotated_at: at }] of draft.refreshTokensOf(grantId))
    if (at !== undefined) spent.push({ hash, at });
  const access = Array.from(draft.accessTokensOf(grantId), ([hash, token]) => ({ hash, at: token.created_at }));
  for (const hash of oldest(spent, mostSpentRefreshTokens)) draft.refresh_tokens.delete(hash);
  for (const hash of oldest(access, mostAccessTokens)) draft.access_tokens.delete(hash);
}

function oldest(tokens: { hash: string; at: number }[], most: number): string[] {
  const surplus = Math.max(0, tokens.length - most);
  return tokens
    .sort((a, b) => a.at - b.at)
    .slice(0, surplus)
    .map(({ hash }) => hash);
}
