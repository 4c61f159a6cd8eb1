import type { Request, RequestHandler } from 'express';
import { html, type Markup } from './markup.js';
import { favicon, sendPage } from './page.js';
import type { IssuerOf } from './peer.js';

export interface WelcomeOptions {
  /** False where everybody on this machine may come in. */
  needsLogin: boolean;
  issuerOf: IssuerOf;
}

const iconSeconds = 24 * 3_600;

/** Serves a page at `/` and `/mcp` to people who open the address in a browser, and the icon of all pages. */
export function welcomePage({ needsLogin, issuerOf }: WelcomeOptions): RequestHandler {
  return (request, response, next) => {
    if (request.method !== 'GET' && request.method !== 'HEAD') next();
    else if (/^\/favicon\.(?:svg|ico)$/.test(request.path)) {
      response
        .set({ 'Content-Type': 'image/svg+xml', 'Cache-Control': `public, max-age=${iconSeconds}` })
        .send(favicon);
    } else if (/^\/(?:mcp\/?)?$/.test(request.path) && isBrowser(request)) {
      const root = issuerOf(request);
      sendPage(response, 200, { title: 'Notes for your apps', root, content: welcomeContent(root, needsLogin) });
    } else next();
  };
}

/** Programs ask for JSON or a stream, or for anything at all; only browsers name HTML. */
function isBrowser({ headers }: Request): boolean {
  const { accept = '', authorization } = headers;
  return authorization === undefined && /\btext\/html\b/i.test(accept) && !accept.includes('text/event-stream');
}

function welcomeContent(root: string, needsLogin: boolean): Markup {
  const url = `${root}/mcp`;
  return html`<h1 class="plain">Notes for your apps</h1>
<div class="text">
<p>This is vault-mcp: it serves a folder of Markdown notes to apps that speak MCP, such as Claude, ChatGPT, VS Code and
Cursor. There is nothing to read here in a browser.</p>
<p>To connect an app, give it this address:</p>
<p class="address"><code>${url}</code></p>
<ul>
<li><b>Claude Code:</b> <code>claude mcp add --transport http vault ${url}</code></li>
<li><b>claude.ai, Claude Desktop, ChatGPT:</b> add a custom connector in the settings</li>
<li><b>VS Code, Cursor and others:</b> add an MCP server of type HTTP</li>
</ul>
<p>${needsLogin ? 'The app then opens a page here that asks for the PIN of this server. Nobody gets access without it.' : 'No login is needed on this machine.'}</p>
</div>`;
}
