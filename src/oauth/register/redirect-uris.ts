import { redirectUriMatches } from '@modelcontextprotocol/sdk/server/auth/handlers/authorize.js';
import { isLoopbackName } from '../../addresses.js';

const longestUri = 2_000;
/**
 * Schemes that run code, show local files, belong to the browser itself, reach other machines without TLS, or hand what
 * follows to a program that acts on it. Any other private-use scheme is some app's: the page names it.
 */
const refusedSchemes = new Set(
  `javascript vbscript livescript data blob file filesystem content jar resource about view-source chrome
    chrome-untrusted devtools edge brave opera vivaldi chrome-extension moz-extension safari-web-extension
    safari-extension ms-browser-extension microsoft-edge googlechrome googlechromes firefox x-web-search intent
    android-app http ws wss ftp ftps sftp ssh telnet rlogin tn3270 gopher smb afp nfs cifs dav davs ldap ldaps imap
    pop nntp news rtsp rdp vnc git svn irc ircs magnet mailto tel sms mms callto facetime facetime-audio sip sips
    xmpp geo maps cid mid urn tag feed webcal search search-ms shell hcp help x-help-action
    x-apple.systempreferences applescript jnlp jnlps mk its mhtml res wyciwyg x-man-page dict tftp cmd powershell
    itms itms-apps itms-appss itms-services shortcuts workflow prefs app-prefs stickynotes acrobat`
    .split(/\s+/)
    .map((name) => `${name}:`),
);
/** Windows' own: some of them have run programs that a link named. Its broker for logins is none of these. */
const windowsScheme = /^ms-(?!appx(?:-web)?:)/;

/**
 * Returns whether a client may register this redirect URI: https, http to loopback, or a private-use scheme
 * (RFC 8252) that is not refused; ASCII, without userinfo or fragment.
 */
export function isRedirectUri(uri: string): boolean {
  // The parser would quietly drop control characters and turn backslashes around; what is registered must be what is sent.
  if (uri.length > longestUri || !/^[\x21-\x7e]+$/.test(uri) || /[\\#]/.test(uri) || !URL.canParse(uri)) return false;
  if (/^[^:]+:\/\/[^/?]*@/.test(uri) || /^https?:(?!\/\/[^/?])/i.test(uri)) return false;
  const { protocol } = new URL(uri);
  if (protocol === 'https:') return true;
  if (protocol === 'http:') return isLoopback(uri);
  // One letter is a drive of Windows.
  return /^[a-z][a-z0-9+.-]+:$/.test(protocol) && !refusedSchemes.has(protocol) && !windowsScheme.test(protocol);
}

/** Returns whether the redirect stays on the person's own machine. */
export function isLoopback(uri: string): boolean {
  const { protocol, hostname } = new URL(uri);
  return /^https?:$/.test(protocol) && isLoopbackName(hostname);
}

/** Returns whether the redirect opens an app by its link, which leaves the browser's page where it is. */
export function isAppLink(uri: string): boolean {
  return !/^https?:$/.test(new URL(uri).protocol);
}

/** Returns whether an authorization request may use `uri`: byte for byte as registered, on loopback with any port. */
export function isRegisteredRedirect(uri: string, registered: readonly string[]): boolean {
  return isRedirectUri(uri) && registered.some((one) => redirectUriMatches(uri, one));
}

/**
 * Returns the place that a redirect leads to, for comparing: on this machine the path tells programs apart, whose ports
 * change; an app link is its scheme and host.
 */
export function redirectPlace(uri: string): string {
  const { protocol, host, hostname, pathname } = new URL(uri);
  if (isLoopback(uri)) return `${hostname}${pathname}`;
  return isAppLink(uri) ? `${protocol}${host}` : host;
}

/** Returns the redirect URI with an answer's parameters added to its query (RFC 6749, section 4.1.2; RFC 9207). */
export function redirectLocation(uri: string, parameters: Readonly<Record<string, string | undefined>>): string {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(parameters)) if (value !== undefined) query.append(name, value);
  return `${uri}${uri.includes('?') ? '&' : '?'}${query.toString()}`;
}
