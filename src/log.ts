import { type DestinationStream, pino } from 'pino';
import { displayText } from './foreign-text.js';

export type LogFields = Readonly<Record<string, unknown>>;

/** Where the server reports what happens; never pass a secret, only fingerprints. */
export interface Log {
  /** False when lines of that level are dropped: what they would say need not be found out. */
  readonly isDebug?: boolean;
  debug(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
}

export interface LogOptions {
  format: 'text' | 'json';
  level?: 'debug' | 'info' | 'warn' | 'error';
  destination: { write(line: string): unknown };
  /** True when the destination is systemd's journal: a line begins with its priority (sd-daemon(3)), and has no time of its own. */
  journal?: boolean;
}

/** Returns a Log that writes one line per event to `destination`, as JSON (pino) or as `time level: message key=value` text. */
export function createLog(options: LogOptions): Log {
  const { destination, format, journal = false } = options;
  const target: DestinationStream = {
    write: (line) => {
      const text = format === 'json' ? line : formatLine(line, !journal);
      destination.write(journal ? `${priorityOf(line)}${text}` : text);
    },
  };
  const logger = pino(
    { level: options.level ?? 'info', base: null, formatters: { level: (level) => ({ level }) } },
    target,
  );
  return {
    isDebug: logger.isLevelEnabled('debug'),
    debug: (message, fields = {}) => logger.debug(fields, message),
    info: (message, fields = {}) => logger.info(fields, message),
    warn: (message, fields = {}) => logger.warn(fields, message),
    error: (message, fields = {}) => logger.error(fields, message),
  };
}

/** Returns a Log that adds `fields` to each line. */
export function logWith(log: Log, fields: LogFields): Log {
  return {
    ...(log.isDebug === undefined ? {} : { isDebug: log.isDebug }),
    debug: (message, more) => log.debug(message, { ...fields, ...more }),
    info: (message, more) => log.info(message, { ...fields, ...more }),
    warn: (message, more) => log.warn(message, { ...fields, ...more }),
    error: (message, more) => log.error(message, { ...fields, ...more }),
  };
}

/** A Log that drops everything. */
export const silentLog: Log = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };

/** A client's name must not forge a line. */
function formatLine(json: string, hasTime: boolean): string {
  const { level, time, msg, ...fields } = JSON.parse(json) as Record<string, unknown>;
  const pairs = Object.entries(fields).map(([key, value]) => ` ${key}=${formatValue(value)}`);
  const when = hasTime ? `${new Date(Number(time)).toISOString()} ` : '';
  return `${when}${String(level)}: ${displayText(String(msg), Number.POSITIVE_INFINITY)}${pairs.join('')}\n`;
}

const priorities: Readonly<Record<string, string>> = { debug: '<7>', info: '<6>', warn: '<4>', error: '<3>' };

/** pino writes the level first, whatever the fields are. */
function priorityOf(json: string): string {
  return priorities[/^\{"level":"(\w+)"/.exec(json)?.[1] ?? ''] ?? '<6>';
}

function formatValue(value: unknown): string {
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return /^[\w.:/@%+,*-]+$/.test(text) ? text : JSON.stringify(text);
}
