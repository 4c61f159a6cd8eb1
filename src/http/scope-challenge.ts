import type { ServerResponse } from 'node:http';
import { allTools } from '../mcp/all-tools.js';
import type { Caller } from '../mcp/endpoint.js';
import { sendJson } from './exchange.js';

const scopeByTool = new Map(allTools.map(({ definition, scope }) => [definition.name, scope]));

/**
 * Answers 403 `insufficient_scope` (RFC 6750, section 3.1) to a call of a tool that the token does not allow, naming what
 * it allows and what is missing, and returns true. Where asking again cannot help, the tool itself tells the person.
 */
export function challengeScope(
  response: ServerResponse,
  body: unknown,
  { scopes, canAskForMore }: Caller,
  resourceMetadataUrl: string,
): boolean {
  const missing = canAskForMore === true ? missingScopes(body, scopes) : [];
  if (missing.length === 0) return false;
  const scope = [...new Set([...scopes, ...missing])].join(' ');
  const description = `The access token does not allow ${missing.join(' ')}`;
  response.setHeader(
    'WWW-Authenticate',
    `Bearer error="insufficient_scope", error_description="${description}", scope="${scope}", resource_metadata="${resourceMetadataUrl}"`,
  );
  sendJson(response, 403, { error: 'insufficient_scope', error_description: `${description}.`, scope });
  return true;
}

function missingScopes(body: unknown, scopes: readonly string[]): string[] {
  const messages: readonly unknown[] = Array.isArray(body) ? body : [body];
  return messages.map(neededScope).filter((scope) => scope !== undefined && !scopes.includes(scope)) as string[];
}

function neededScope(message: unknown): string | undefined {
  if (!isObject(message) || message['method'] !== 'tools/call') return undefined;
  const { params } = message;
  const name = isObject(params) ? params['name'] : undefined;
  return typeof name === 'string' ? scopeByTool.get(name) : undefined;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
