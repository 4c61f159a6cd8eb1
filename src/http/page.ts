import { createHash } from 'node:crypto';
import type { Response } from 'express';
import { html, Markup } from './markup.js';
import { pageStyle } from './page-style.js';

const styleHash = createHash('sha256').update(pageStyle).digest('base64');

/** No form-action: browsers apply it to the redirect that follows the form, which leads to the client. */
function pagePolicy(root: string): string {
  const images = `'self' ${new URL(root).origin}`;
  return `default-src 'none'; style-src 'sha256-${styleHash}'; img-src ${images}; base-uri 'none'; frame-ancestors 'none'`;
}

export interface Page {
  readonly title: string;
  /** What people call this server; `vault-mcp` by default. */
  readonly name?: string;
  /** The URL of this server, without a trailing slash, so that people see whose page it is. */
  readonly root: string;
  readonly content: Markup;
  /** Where the browser goes by itself, beside showing the page. */
  readonly refresh?: string;
}

/** Answers with a page without script, framing, caching and referrer. */
export function sendPage(response: Response, status: number, page: Page): void {
  response.status(status).set({
    'Content-Type': 'text/html; charset=utf-8',
    'Content-Security-Policy': pagePolicy(page.root),
    // With no-referrer, browsers send `Origin: null` with the form.
    'Referrer-Policy': 'same-origin',
  });
  response.send(layOut(page).text);
}

const keyhole = html`<svg viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-width="2" stroke-linecap="round" aria-hidden="true"><rect x="3" y="4" width="18" height="15" rx="3"/><circle cx="12" cy="10.5" r="2.2"/><path d="M12 12.7V15M7 19v1.5M17 19v1.5"/></svg>`;

/** The keyhole, for tabs and lists of sites. */
export const favicon = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24" fill="none" stroke="#4338ca" stroke-width="2" stroke-linecap="round"><rect x="3" y="4" width="18" height="15" rx="3" fill="#f1f1fd"/><circle cx="12" cy="10.5" r="2.2"/><path d="M12 12.7V15M7 19v1.5M17 19v1.5"/></svg>`;

function layOut({ title, name = 'vault-mcp', root, content, refresh }: Page): Markup {
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="robots" content="noindex">
${refresh === undefined ? undefined : html`<meta http-equiv="refresh" content="0;url=${refresh}">`}
<link rel="icon" href="${root}/favicon.svg" type="image/svg+xml">
<title>${title} · ${name}</title>
<style>${new Markup(pageStyle)}</style>
</head>
<body>
<main>
<p class="server">${keyhole}<span>${name} on ${root.replace(/^https?:\/\//, '')}</span></p>
${content}
</main>
</body>
</html>
`;
}
