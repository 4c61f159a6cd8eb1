import type { PendingApproval } from '../oauth/authorization-server.js';
import { count } from '../words.js';
import type { Consent } from './consent.js';
import { html, type Markup } from './markup.js';

export interface ApprovalForm {
  readonly consent: Consent;
  readonly request: PendingApproval;
  /** Seconds since the epoch. */
  readonly now: number;
  /** What was chosen before the PIN turned out wrong. */
  readonly readOnly: boolean;
  /** True when the person wants to see what is typed. */
  readonly showPin: boolean;
  /** How often the PIN may still be wrong; undefined before the first wrong one. */
  readonly attemptsLeft?: number;
}

/** Returns the approval page's content: who asks, what for, and the PIN, or how long the lock-out lasts. */
export function approvalContent(form: ApprovalForm): Markup {
  const { consent, request, now } = form;
  return html`<h1>${consent.heading} <span class="host">${request.redirectHost}</span></h1>
${clientLine(request)}
${history(request)}
${warning(request)}
<form method="post" action="approve" autocomplete="off">
<input type="hidden" name="request_id" value="${request.requestId}">
${request.lockedSeconds === undefined ? question(form) : locked(request, request.lockedSeconds, now)}
</form>
${meaning(request, consent, now)}`;
}

function question({ consent, request, readOnly, showPin, attemptsLeft }: ApprovalForm): Markup {
  return html`${consent.access(request.scopes, readOnly)}
${pinField(request.requestId, showPin, attemptsLeft)}
<div class="actions">
<button class="button main" name="action" value="approve">Approve</button>
<button class="button" name="action" value="deny" formnovalidate>Deny</button>
</div>`;
}

function clientLine({ clientName, clientHost }: PendingApproval): Markup {
  const name =
    clientName === undefined ? html`The app gives no name` : html`It calls itself <b>“<bdi>${clientName}</bdi>”</b>`;
  const voucher = clientHost === undefined ? undefined : html`; its description comes from <b>${clientHost}</b>`;
  return html`<p class="client">${name}${voucher}.</p>`;
}

function history({ lastApprovedAt }: PendingApproval): Markup {
  if (lastApprovedAt === undefined) return html`<p class="chip new">Never approved before</p>`;
  const day = new Date(lastApprovedAt * 1_000);
  const text = day.toLocaleDateString('en-GB', { day: 'numeric', month: 'long', year: 'numeric', timeZone: 'UTC' });
  return html`<p class="chip known">Last approved on <time datetime="${day.toISOString()}">${text}</time></p>`;
}

function warning({ redirectsToLoopback, redirectHost }: PendingApproval): Markup | undefined {
  if (redirectsToLoopback) {
    return html`<p class="note warn"><strong>A program on the computer you are using now.</strong>
Approve it only if you have just started to connect it.</p>`;
  }
  if (!redirectHost.endsWith(':')) return undefined;
  return html`<p class="note warn"><strong>It opens the app that handles “${redirectHost}” links here.</strong>
Approve it only if you have just started to connect it.</p>`;
}

function locked({ requestId, expiresAt }: PendingApproval, seconds: number, now: number): Markup {
  const isInTime = seconds < expiresAt - now;
  return html`<p class="note bad" role="alert"><strong>Too many wrong PINs.</strong>
Wait ${duration(seconds)}. ${isInTime ? 'Then try again here.' : 'Then go back to the app and start connecting again.'}
Nothing was approved.</p>
<div class="actions">
${isInTime ? html`<a class="button main" href="?request_id=${encodeURIComponent(requestId)}">Try again</a>` : undefined}
<button class="button" name="action" value="deny">Deny</button>
</div>`;
}

/** Without a script only another page can show what is typed: keyboards and browsers keep what goes into a text field. */
function pinField(requestId: string, showPin: boolean, attemptsLeft: number | undefined): Markup {
  const isWrong = attemptsLeft !== undefined;
  const error = isWrong
    ? html`<p class="error" id="pin-error" role="alert">Wrong PIN: ${attempts(attemptsLeft)} left</p>`
    : undefined;
  const state = isWrong ? html` aria-invalid="true" autofocus` : undefined;
  const described = isWrong ? 'pin-error pin-hint' : 'pin-hint';
  const kind = showPin
    ? html`type="text" autocomplete="off" autocorrect="off"`
    : html`type="password" autocomplete="current-password"`;
  const other = `?request_id=${encodeURIComponent(requestId)}${showPin ? '' : '&show_pin=on'}`;
  return html`<div class="field">
<label class="label" for="pin">PIN</label>
<span class="soft" id="pin-hint">of this server</span>
${error}
<input id="pin" name="pin" ${kind} required autocapitalize="none" spellcheck="false" aria-describedby="${described}"${state}>
${showPin ? html`<input type="hidden" name="show_pin" value="on">` : undefined}
<a href="${other}">${showPin ? 'Hide PIN' : 'Show PIN'}</a>
</div>`;
}

function meaning({ expiresAt }: PendingApproval, { object }: Consent, now: number): Markup {
  return html`<div class="meaning soft">
<p><b>What approving means:</b> whoever uses that app’s account can do this${object}, without asking again and
across restarts, until you end it on the server with <code>vault-mcp state revoke</code>.</p>
<p>This request is valid for ${duration(Math.max(60, expiresAt - now))}. If you did not start it, deny it.</p>
</div>`;
}

function attempts(left: number): string {
  if (left === 0) return 'no attempt';
  return left === 1 ? 'one attempt' : count(left, 'attempt');
}

function duration(seconds: number): string {
  return seconds < 60 ? count(seconds, 'second') : count(Math.ceil(seconds / 60), 'minute');
}

export interface NoticeContent {
  readonly title: string;
  readonly paragraphs: readonly string[];
  /** An error code for whoever is asked for help. */
  readonly code?: string;
  readonly link?: { readonly url: string; readonly text: string };
}

/** Returns the content of a page with a message, and at most one link. */
export function noticeContent({ title, paragraphs, code, link }: NoticeContent): Markup {
  return html`<h1 class="plain">${title}</h1>
<div class="text">${paragraphs.map((text) => html`<p>${text}</p>`)}
${code === undefined ? undefined : html`<p class="soft">Error: <code>${code}</code></p>`}</div>
${link === undefined ? undefined : html`<p class="actions"><a class="button main" href="${link.url}">${link.text}</a></p>`}`;
}
