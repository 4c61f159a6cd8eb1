import { type DestinationStream, pino } from 'pino';

export type LogFields = Readonly<Record<string, unknown>>;

/** Where the server reports what happens; never pass a secret, only fingerprints. */
export interface Log {
  debug(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
}

export interface LogOptions {
  format: 'text' | 'json';
  level?: 'debug' | 'info' | 'warn' | 'error';
  destination: { write(line: string): unknown };
}

/** Returns a Log that writes one line per event to `destination`, as JSON (pino) or as `level message key=value` text. */
export function createLog(options: LogOptions): Log {
  const target: DestinationStream = {
    write: (line) => void options.destination.write(options.format === 'json' ? line : formatLine(line)),
  };
  const logger = pino(
    { level: options.level ?? 'info', base: null, formatters: { level: (level) => ({ level }) } },
    target,
  );
  return {
    debug: (message, fields = {}) => logger.debug(fields, message),
    info: (message, fields = {}) => logger.info(fields, message),
    warn: (message, fields = {}) => logger.warn(fields, message),
    error: (message, fields = {}) => logger.error(fields, message),
  };
}

/** Returns a Log that adds `fields` to each line. */
export function logWith(log: Log, fields: LogFields): Log {
  return {
    debug: (message, more) => log.debug(message, { ...fields, ...more }),
    info: (message, more) => log.info(message, { ...fields, ...more }),
    warn: (message, more) => log.warn(message, { ...fields, ...more }),
    error: (message, more) => log.error(message, { ...fields, ...more }),
  };
}

/** A Log that drops everything. */
export const silentLog: Log = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };

function formatLine(json: string): string {
  const { level, time: _time, msg, ...fields } = JSON.parse(json) as Record<string, unknown>;
  const pairs = Object.entries(fields).map(([key, value]) => ` ${key}=${formatValue(value)}`);
  return `${String(level)}: ${oneLine(String(msg))}${pairs.join('')}\n`;
}

function formatValue(value: unknown): string {
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return /^[\w.:/@%+,*-]+$/.test(text) ? text : JSON.stringify(text);
}

/** Control and line-separating characters would let a client's name forge a log line. */
function oneLine(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\u2028\u2029]/gu, ' ');
}
