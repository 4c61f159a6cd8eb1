export type CheckStatus = 'ok' | 'warning' | 'failed' | 'skipped';

/** A finding of doctor; `hint` says how to mend it. */
export interface Check {
  readonly name: string;
  readonly status: CheckStatus;
  readonly message: string;
  readonly hint?: string;
}

const weights: Readonly<Record<CheckStatus, number>> = { failed: 0, warning: 1, ok: 2, skipped: 3 };

/** Returns the findings with what is wrong first; those of one weight keep their order. */
export function byWeight(checks: readonly Check[]): Check[] {
  return [...checks].sort((a, b) => weights[a.status] - weights[b.status]);
}
