import type { CallToolResult, Tool as ToolDefinition } from '@modelcontextprotocol/server';
import * as z from 'zod';
import { VaultMcpError } from '../errors.js';
import type { Log } from '../log.js';
import type { Notes } from '../notes/notes.js';
import { readArguments } from './read-arguments.js';
import { waitForNotes } from './wait-for-notes.js';

/** What every tool works with. */
export interface ToolContext {
  readonly notes: Notes;
  readonly log: Log;
  /** Aborted when the client cancelled the call or went away. */
  readonly signal?: AbortSignal;
}

/** A tool as the endpoint serves it; its JSON schemas are computed once. */
export interface Tool {
  readonly definition: ToolDefinition;
  readonly scope: 'vault:read' | 'vault:write';
  /** Never rejects: a failure is a result with `isError`. */
  call(args: unknown, context: ToolContext): Promise<ToolOutcome>;
}

export interface ToolOutcome {
  readonly result: CallToolResult;
  /** The notes that a tool changed, or was to change. */
  readonly paths: readonly string[];
  /** `done`, or the code of the failure. */
  readonly outcome: string;
}

/** The same answer twice: for programs, and for models and people. */
export interface ToolAnswer<Data> {
  readonly data: Data;
  readonly text: string;
  /** What follows the text, such as images. */
  readonly more?: CallToolResult['content'];
  /** The notes that were changed; by default, those that the arguments name. */
  readonly changed?: readonly string[];
}

interface ToolSpec<Input extends z.ZodObject, Output extends z.ZodObject> {
  readonly name: string;
  readonly title: string;
  readonly description: string;
  /** `reads`; `adds`: loses nothing that was there; `replaces`: may lose text. */
  readonly effect: 'reads' | 'adds' | 'replaces';
  /** A second identical call changes nothing more. */
  readonly idempotent: boolean;
  /** Its answer is about all notes: it waits a moment for the first pass over them, and says when it was not enough. */
  readonly overAllNotes?: boolean;
  readonly input: Input;
  readonly output: Output;
  run(args: z.output<Input>, context: ToolContext): Promise<ToolAnswer<z.input<Output>>>;
}

/** Makes a tool of a description, two schemas and a function; arguments reach `run` validated, see `readArguments`. */
export function defineTool<Input extends z.ZodObject, Output extends z.ZodObject>(spec: ToolSpec<Input, Output>): Tool {
  const { name, title, description, effect } = spec;
  return {
    definition: {
      name,
      title,
      description,
      inputSchema: objectSchema(spec.input),
      outputSchema: objectSchema(spec.output),
      annotations: {
        title,
        readOnlyHint: effect === 'reads',
        destructiveHint: effect === 'replaces',
        idempotentHint: spec.idempotent,
        openWorldHint: false,
      },
    },
    scope: effect === 'reads' ? 'vault:read' : 'vault:write',
    async call(args, context) {
      const read = readArguments(spec.input, args);
      if ('problem' in read) {
        return {
          result: errorResult(`Bad arguments for ${name}: ${read.problem}.`),
          paths: [],
          outcome: 'bad_argument',
        };
      }
      const { values, ignored } = read;
      const named = namedPaths(values);
      try {
        const unread = spec.overAllNotes === true ? await waitForNotes(context) : undefined;
        const answer = await spec.run(values, context);
        return { result: resultOf(answer, ignored, unread), paths: answer.changed ?? named, outcome: 'done' };
      } catch (error) {
        const known = error instanceof VaultMcpError;
        const outcome = known ? error.code : 'failed';
        if (known) return { result: errorResult(describeError(error, ignored)), paths: named, outcome };
        context.log.error('a tool failed', { tool: name, error: error instanceof Error ? error.stack : String(error) });
        const result = errorResult(
          `${name} failed because of an error in the server. The server's log has the reason.`,
        );
        return { result, paths: named, outcome };
      }
    },
  };
}

function resultOf(
  { data, text, more = [] }: ToolAnswer<Record<string, unknown>>,
  ignored: readonly string[],
  unread: string | undefined,
): CallToolResult {
  const notices: string[] = [];
  const marks: Record<string, unknown> = {};
  if (ignored.length > 0) {
    notices.push(`Ignored unknown arguments: ${ignored.join(', ')}`);
    marks['ignored_arguments'] = [...ignored];
  }
  if (unread !== undefined) {
    notices.push(unread);
    marks['complete'] = false;
  }
  const content = [{ type: 'text' as const, text: [...notices, text].join('\n') }, ...more];
  return { content, structuredContent: notices.length === 0 ? data : { ...data, ...marks } };
}

function describeError({ message, hint }: VaultMcpError, ignored: readonly string[]): string {
  const unknown = ignored.length === 0 ? undefined : `There is no argument ${ignored.join(', ')}.`;
  return [message, hint, unknown].filter((line) => line !== undefined).join('\n');
}

function namedPaths(values: Readonly<Record<string, unknown>>): string[] {
  return ['file_path', 'new_path'].map((name) => values[name]).filter((path) => typeof path === 'string');
}

/** A tool result that says what went wrong, for the model to act on. */
export function errorResult(text: string): CallToolResult {
  return { content: [{ type: 'text', text: text.toWellFormed() }], isError: true };
}

function objectSchema(schema: z.ZodObject): ToolDefinition['inputSchema'] {
  const { $schema: _, ...json } = z.toJSONSchema(schema, {
    io: 'input',
    override: ({ jsonSchema }) => shorten(jsonSchema),
  });
  return { ...json, type: 'object' } as ToolDefinition['inputSchema'];
}

/** Every client reads all of the list, so bounds that no honest call meets are left out of it; they hold all the same. */
function shorten(schema: z.core.JSONSchema.BaseSchema): void {
  for (const key of ['minLength', 'maxLength', 'minItems', 'propertyNames', 'pattern'] as const) delete schema[key];
  if (schema.maximum === Number.MAX_SAFE_INTEGER) delete schema.maximum;
  if (schema.type === 'object' && schema.properties === undefined) delete schema.additionalProperties;
}
