import { type Step, sendJson } from './exchange.js';

/** Lets scripts of allowed origins read the answers, and answers their preflights; no cookie counts here, so `*` is enough. */
export function allowCrossOrigin(...methods: readonly string[]): Step {
  return (request, response, next) => {
    response.setHeader('Access-Control-Allow-Origin', '*');
    response.setHeader(
      'Access-Control-Expose-Headers',
      'WWW-Authenticate, Retry-After, X-Request-Id, Mcp-Session-Id, Mcp-Protocol-Version',
    );
    if (request.method !== 'OPTIONS') {
      next();
      return;
    }
    const asked = request.headers['access-control-request-headers'];
    response.writeHead(204, {
      Allow: [...methods, 'OPTIONS'].join(', '),
      'Access-Control-Allow-Methods': methods.join(', '),
      'Access-Control-Allow-Headers': asked ?? 'Authorization, Content-Type',
      'Access-Control-Max-Age': '600',
      Vary: 'Access-Control-Request-Headers',
    });
    response.end();
  };
}

/** Answers 405 and names what is allowed (RFC 9110, section 15.5.6). */
export function methodNotAllowed(...methods: readonly string[]): Step {
  const allow = methods.join(', ');
  return (_request, response) => {
    response.setHeader('Allow', allow);
    sendJson(response, 405, { error: 'method_not_allowed', error_description: `Use ${allow} here.` });
  };
}
