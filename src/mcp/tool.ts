import type { CallToolResult, Tool as ToolDefinition } from '@modelcontextprotocol/server';
import * as z from 'zod';
import { VaultMcpError } from '../errors.js';
import type { Log } from '../log.js';
import type { SearchIndex } from '../search/search.js';
import type { Vault } from '../vault/vault.js';

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
  call(args: unknown, context: ToolContext): Promise<CallToolResult>;
}

/** The same answer twice: for programs, and for models and people. */
export interface ToolAnswer<Data> {
  readonly data: Data;
  readonly text: string;
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

/** Makes a tool of a description, two schemas and a function; arguments reach `run` validated. */
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
      const parsed = spec.input.safeParse(args ?? {});
      if (!parsed.success) return errorResult(`Bad arguments for ${name}: ${describeIssues(parsed.error)}`);
      try {
        const { data, text } = await spec.run(parsed.data, context);
        return { content: [{ type: 'text', text }], structuredContent: data };
      } catch (error) {
        if (error instanceof VaultMcpError) {
          return errorResult(error.hint === undefined ? error.message : `${error.message}\n${error.hint}`);
        }
        context.log.error('a tool failed', { tool: name, error: error instanceof Error ? error.stack : String(error) });
        return errorResult(`${name} failed for a reason that is not in the request; the server's log has it.`);
      }
    },
  };
}

/** A tool result that says what went wrong, for the model to act on. */
export function errorResult(text: string): CallToolResult {
  return { content: [{ type: 'text', text }], isError: true };
}

function objectSchema(schema: z.ZodObject): ToolDefinition['inputSchema'] {
  const { $schema: _, ...json } = z.toJSONSchema(schema, { io: 'input' });
  return { ...json, type: 'object' } as ToolDefinition['inputSchema'];
}

function describeIssues(error: z.ZodError): string {
  const lines = error.issues.slice(0, 5).map(({ path, message }) => {
    return path.length === 0 ? message : `${path.join('.').slice(0, 100)}: ${message}`;
  });
  return lines.join('; ').slice(0, 1000);
}
