import type { Tool } from './tool.js';

/** Returns the scopes that the tool calls in a message, or in a batch, need beyond those that were granted. */
export function missingScopes(tools: readonly Tool[], body: unknown, granted: readonly string[]): string[] {
  const messages: readonly unknown[] = Array.isArray(body) ? body : [body];
  const needed = messages.map((message) => {
    const name = calledTool(message);
    return name === undefined ? undefined : tools.find(({ definition }) => definition.name === name)?.scope;
  });
  return [...new Set(needed)].filter((scope) => scope !== undefined && !granted.includes(scope)) as string[];
}

function calledTool(message: unknown): unknown {
  if (!isObject(message) || message['method'] !== 'tools/call') return undefined;
  const { params } = message;
  return isObject(params) ? params['name'] : undefined;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
