import type { CallToolResult, Tool as ToolDefinition } from '@modelcontextprotocol/server';
import * as z from 'zod';
import { VaultMcpError } from '../errors.js';
import type { Log } from '../log.js';
import type { SearchIndex } from '../search/search.js';
import type { Vault } from '../vault/vault.js';
import { readArguments } from './read-arguments.js';

/** What every tool works with. */
export interface ToolContext {
  readonly vault: Vault;
  readonly search: SearchIndex;
  readonly log: Log;
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
  /** The notes that were changed; unless told, those that the arguments name. */
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
        const { data, text, changed } = await spec.run(values, context);
        return { result: resultOf(data, text, ignored), paths: changed ?? named, outcome: 'done' };
      } catch (error) {
        const known = error instanceof VaultMcpError;
        const outcome = known ? error.code : 'failed';
        if (known) return { result: errorResult(describeError(error)), paths: named, outcome };
        context.log.error('a tool failed', { tool: name, error: error instanceof Error ? error.stack : String(error) });
        const result = errorResult(`${name} failed for a reason that is not in the request; the server's log has it.`);
        return { result, paths: named, outcome };
      }
    },
  };
}

function resultOf(data: Record<string, unknown>, text: string, ignored: readonly string[]): CallToolResult {
  if (ignored.length === 0) return { content: [{ type: 'text', text }], structuredContent: data };
  const notice = `Ignored, there is no such argument: ${ignored.join(', ')}`;
  return {
    content: [{ type: 'text', text: `${notice}\n${text}` }],
    structuredContent: { ...data, ignored_arguments: [...ignored] },
  };
}

function describeError({ message, hint }: VaultMcpError): string {
  return hint === undefined ? message : `${message}\n${hint}`;
}

function namedPaths(values: Readonly<Record<string, unknown>>): string[] {
  return ['file_path', 'new_path'].map((name) => values[name]).filter((path) => typeof path === 'string');
}

/** A tool result that says what went wrong, for the model to act on. */
export function errorResult(text: string): CallToolResult {
  return { content: [{ type: 'text', text }], isError: true };
}

function objectSchema(schema: z.ZodObject): ToolDefinition['inputSchema'] {
  const { $schema: _, ...json } = z.toJSONSchema(schema, {
    io: 'input',
    override: ({ jsonSchema }) => {
      // What zod says of every integer, and what says nothing to a model.
      if (jsonSchema.maximum === Number.MAX_SAFE_INTEGER) delete jsonSchema.maximum;
      if (jsonSchema.minimum === Number.MIN_SAFE_INTEGER) delete jsonSchema.minimum;
    },
  });
  return { ...json, type: 'object' } as ToolDefinition['inputSchema'];
}
