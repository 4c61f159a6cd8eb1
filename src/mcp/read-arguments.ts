import type * as z from 'zod';
import { oneLine } from '../foreign-text.js';

export type ReadArguments<Input extends z.ZodObject> =
  | { readonly values: z.output<Input>; readonly ignored: readonly string[] }
  | { readonly problem: string };

const maxIgnored = 5;
/** No tool takes more; to check them takes long, and this thread answers logins too. */
const maxMembers = 100;
const maxJsonCharacters = 200_000;

/**
 * Reads a tool's arguments as models write them: null, and an empty text for an argument that may be left out, are its
 * absence; what is not text may come as text; names that the schema does not know are `ignored`.
 */
export function readArguments<Input extends z.ZodObject>(schema: Input, args: unknown): ReadArguments<Input> {
  if (args !== undefined && args !== null && !isRecord(args)) return { problem: 'the arguments must be an object' };
  if (hasTooMany(args)) return { problem: `there are more than ${maxMembers} arguments` };
  const given: Record<string, unknown> = {};
  const ignored: string[] = [];
  for (const [name, value] of Object.entries(args ?? {})) {
    const field = Object.hasOwn(schema.shape, name) ? (schema.shape[name] as z.ZodType) : undefined;
    if (field === undefined) ignored.push(oneLine(name, 60));
    else if (hasTooMany(value)) return { problem: `${name} has more than ${maxMembers} members` };
    else if (!isAbsent(field, value)) given[name] = value;
  }
  ignored.splice(maxIgnored);
  let parsed = schema.safeParse(given);
  if (parsed.success) return { values: parsed.data, ignored };
  for (const [name, value] of Object.entries(given)) given[name] = repair(schema.shape[name] as z.ZodType, value);
  parsed = schema.safeParse(given);
  if (parsed.success) return { values: parsed.data, ignored };
  const unknown = ignored.length === 0 ? '' : `; there is no argument ${ignored.join(', ')}`;
  return { problem: describeIssues(parsed.error, given) + unknown };
}

function isAbsent(field: z.ZodType, value: unknown): boolean {
  return value === null || value === undefined || (value === '' && field.safeParse(undefined).success);
}

/** Some clients send what is not text as its JSON in quotes, and a list of one as that one; or a number for a text. */
function repair(field: z.ZodType, value: unknown): unknown {
  const readings: unknown[] = [value];
  if (typeof value === 'string') readings.push(parseJson(value), [value]);
  else if (typeof value === 'number' || typeof value === 'boolean') readings.push(String(value));
  const fits = (reading: unknown) => reading !== undefined && !hasTooMany(reading) && field.safeParse(reading).success;
  return readings.find(fits) ?? value;
}

function hasTooMany(value: unknown): boolean {
  return typeof value === 'object' && value !== null && Object.keys(value).length > maxMembers;
}

function parseJson(text: string): unknown {
  if (text.length > maxJsonCharacters) return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function describeIssues(error: z.ZodError, given: Readonly<Record<string, unknown>>): string {
  const lines = error.issues.slice(0, 5).map(({ path, message }) => {
    const name = String(path[0] ?? '');
    if (path.length === 1 && !Object.hasOwn(given, name)) return `${name} is missing`;
    return path.length === 0 ? message : `${oneLine(path.join('.'), 100)}: ${message}`;
  });
  return lines.join('; ').slice(0, 1000);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
