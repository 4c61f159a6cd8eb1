import type { ServerResponse } from 'node:http';
import { sendJson } from './exchange.js';

/** Answers 403 `insufficient_scope` (RFC 6750, section 3.1), naming what the token allows and what is missing. */
export function challengeScope(
  response: ServerResponse,
  granted: readonly string[],
  missing: readonly string[],
  resourceMetadataUrl: string,
): void {
  const scope = [...new Set([...granted, ...missing])].join(' ');
  const description = `The access token does not allow ${missing.join(' ')}`;
  response.setHeader(
    'WWW-Authenticate',
    `Bearer error="insufficient_scope", error_description="${description}", scope="${scope}", resource_metadata="${resourceMetadataUrl}"`,
  );
  sendJson(response, 403, { error: 'insufficient_scope', error_description: `${description}.`, scope });
}
