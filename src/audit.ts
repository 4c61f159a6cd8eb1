import { dropOldest } from './drop-oldest.js';
import type { Log, LogFields } from './log.js';

/** What an operator wants to know afterwards. Fields hold fingerprints, never a secret. */
export interface AuditEvent {
  readonly event: 'approved' | 'revoked' | 'changed' | 'refused';
  /** For `refused`: which kind of credential. */
  readonly credential?:
    | 'access_token'
    | 'client'
    | 'code'
    | 'refresh_token'
    | 'stolen_refresh_token'
    | 'pin'
    | 'pin_locked';
  /** For `changed`: the tool and what came of it. */
  readonly tool?: string;
  readonly outcome?: string;
  readonly client?: string;
  readonly grant?: string;
  readonly address?: string;
  readonly request?: string;
  readonly [field: string]: unknown;
}

/** Takes an event down; never throws. */
export type Audit = (event: AuditEvent) => void;

export interface AuditOptions {
  readonly log: Log;
  /** Called with every event, also with those that the log skips because there are too many of one kind. */
  readonly observe?: Audit;
  /** Gets every line of the audit file: the event as JSON, with its time. */
  readonly write?: (line: string) => void;
  /** Milliseconds since the epoch; defaults to the clock. */
  readonly nowMs?: () => number;
}

const messages: Readonly<Record<string, string>> = {
  approved: 'approved a client',
  revoked: 'a login was revoked outside of this server',
  changed: 'a tool changed notes',
  failed: 'a tool was to change notes and did not',
  access_token: 'refused an access token',
  client: 'refused the credentials of a client',
  code: 'refused an authorization code',
  refresh_token: 'refused a refresh token',
  stolen_refresh_token: 'a refresh token was used long after its successor: theft is likely, its grant has ended',
  pin: 'wrong PIN',
  pin_locked: 'refused a PIN unseen, after too many wrong ones',
};

/** Anybody can have credentials refused, so only this many lines of a kind and address are written in a minute. */
const refusedPerMinute = 5;
const minuteMs = 60_000;
const mostSources = 1_000;

/** Returns the audit over a log: a line for each event, of refusals at most 5 a minute for one kind and address. */
export function createAudit({ log, observe, write, nowMs = Date.now }: AuditOptions): Audit {
  const sources = new Map<string, { sinceMs: number; count: number }>();

  /** Returns how many of the kind were left out before this one, or undefined when this one is left out too. */
  function admit({ credential, address }: AuditEvent): number | undefined {
    const key = `${credential} ${address}`;
    const now = nowMs();
    const source = sources.get(key);
    if (source === undefined || now - source.sinceMs >= minuteMs) {
      sources.delete(key);
      sources.set(key, { sinceMs: now, count: 1 });
      dropOldest(sources, mostSources);
      return Math.max(0, (source?.count ?? 0) - refusedPerMinute);
    }
    source.count += 1;
    return source.count > refusedPerMinute ? undefined : 0;
  }

  return (event) => {
    observe?.(event);
    const leftOut = event.event === 'refused' ? admit(event) : 0;
    if (leftOut === undefined) return;
    const { event: kind, credential, ...rest } = event;
    const fields: LogFields = leftOut === 0 ? rest : { ...rest, left_out: leftOut };
    if (kind === 'refused') log.warn(messages[credential ?? ''] ?? 'refused a credential', fields);
    else if (kind === 'revoked') log.warn(messages['revoked'] ?? kind, fields);
    else if (kind === 'approved') log.info(messages['approved'] ?? kind, fields);
    else log.info(messages[event.outcome === 'done' ? 'changed' : 'failed'] ?? kind, fields);
    write?.(
      `${JSON.stringify({ time: new Date(nowMs()).toISOString(), event: kind, ...(credential === undefined ? {} : { credential }), ...fields })}\n`,
    );
  };
}

/** Takes nothing down. */
export const noAudit: Audit = () => {};
