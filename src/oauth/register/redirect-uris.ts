import { redirectUriMatches } from '@modelcontextprotocol/sdk/server/auth/handlers/authorize.js';

const longestUri = 2_000;
const loopbackHosts = ['localhost', '127.0.0.1', '[::1]'];
/** Editors and assistants whose private-use scheme has no dot, against the advice of RFC 8252, section 7.1. */
const editorSchemes = [
  'antigravity:',
  'claude:',
  'code-oss:',
  'cursor:',
  'goose:',
  'kiro:',
  'positron:',
  'trae:',
  'vscode:',
  'vscode-insiders:',
  'vscodium:',
  'windsurf:',
  'windsurf-next:',
  'zed:',
];

/**
 * Returns whether a client may register this redirect URI: https, http to loopback, or a private-use scheme with a dot
 * or of a known editor (RFC 8252); ASCII, without userinfo or fragment.
 */
export function isRedirectUri(uri: string): boolean {
  // The parser would quietly drop control characters and turn backslashes around; what is registered must be what is sent.
  if (uri.length > longestUri || !/^[\x21-\x7e]+$/.test(uri) || /[\\#]/.test(uri) || !URL.canParse(uri)) return false;
  if (/^[^:]+:\/\/[^/?]*@/.test(uri) || /^https?:(?!\/\/[^/?])/i.test(uri)) return false;
  const url = new URL(uri);
  switch (url.protocol) {
    case 'https:':
      return true;
    case 'http:':
      return isLoopback(uri);
    default:
      return editorSchemes.includes(url.protocol) || /^[a-z][a-z0-9+-]*(?:\.[a-z0-9+-]+)+:$/.test(url.protocol);
  }
}

/** Returns whether the redirect stays on the person's own machine. */
export function isLoopback(uri: string): boolean {
  const { protocol, hostname } = new URL(uri);
  return /^https?:$/.test(protocol) && loopbackHosts.includes(hostname);
}

/** Returns whether an authorization request may use `uri`: byte for byte as registered, on loopback with any port. */
export function isRegisteredRedirect(uri: string, registered: readonly string[]): boolean {
  return isRedirectUri(uri) && registered.some((one) => redirectUriMatches(uri, one));
}

/** Returns the ASCII host that a redirect leads to; for a private-use scheme the scheme with its colon. */
export function redirectHost(uri: string): string {
  const url = new URL(uri);
  return /^https?:$/.test(url.protocol) ? url.host : url.protocol;
}

/** Returns the redirect URI with an answer's parameters added to its query (RFC 6749, section 4.1.2; RFC 9207). */
export function redirectLocation(uri: string, parameters: Readonly<Record<string, string | undefined>>): string {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(parameters)) if (value !== undefined) query.append(name, value);
  return `${uri}${uri.includes('?') ? '&' : '?'}${query.toString()}`;
}
