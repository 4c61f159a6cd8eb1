import type { RequestHandler } from 'express';

/** Lets scripts of allowed origins read the answers, and answers their preflights; no cookie counts here, so `*` is enough. */
export function allowCrossOrigin(...methods: readonly string[]): RequestHandler {
  return (request, response, next) => {
    response.set({
      'Access-Control-Allow-Origin': '*',
      'Access-Control-Expose-Headers':
        'WWW-Authenticate, Retry-After, X-Request-Id, Mcp-Session-Id, Mcp-Protocol-Version',
    });
    if (request.method !== 'OPTIONS') {
      next();
      return;
    }
    response.set({
      Allow: [...methods, 'OPTIONS'].join(', '),
      'Access-Control-Allow-Methods': methods.join(', '),
      'Access-Control-Allow-Headers': request.get('access-control-request-headers') ?? 'Authorization, Content-Type',
      'Access-Control-Max-Age': '600',
      Vary: 'Access-Control-Request-Headers',
    });
    response.status(204).end();
  };
}

/** Answers 405 and names what is allowed (RFC 9110, section 15.5.6). */
export function methodNotAllowed(...methods: readonly string[]): RequestHandler {
  const allow = methods.join(', ');
  return (_request, response) => {
    response
      .status(405)
      .set('Allow', allow)
      .json({ error: 'method_not_allowed', error_description: `Use ${allow} here.` });
  };
}
