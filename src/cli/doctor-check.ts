export type CheckStatus = 'ok' | 'warning' | 'failed' | 'skipped';

/** A finding of doctor; `hint` says how to mend it. */
export interface Check {
  readonly name: string;
  readonly status: CheckStatus;
  readonly message: string;
  readonly hint?: string;
}

/** Makes the findings of one check. */
export interface Findings {
  ok(message: string): Check;
  skipped(message: string): Check;
  warning(message: string, hint: string): Check;
  failed(message: string, hint?: string): Check;
}

/** Returns what makes the findings of the check `name`. */
export function findingsOf(name: string): Findings {
  return {
    ok: (message) => ({ name, status: 'ok', message }),
    skipped: (message) => ({ name, status: 'skipped', message }),
    warning: (message, hint) => ({ name, status: 'warning', message, hint }),
    failed: (message, hint) => ({ name, status: 'failed', message, ...(hint === undefined ? {} : { hint }) }),
  };
}

const weights: Readonly<Record<CheckStatus, number>> = { failed: 0, warning: 1, ok: 2, skipped: 3 };

/** Returns the findings with what is wrong first; those of one weight keep their order. */
export function byWeight(checks: readonly Check[]): Check[] {
  return [...checks].sort((a, b) => weights[a.status] - weights[b.status]);
}
