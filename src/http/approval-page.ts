import type { PendingApproval } from '../oauth/authorization-server.js';
import { html, type Markup } from './markup.js';

/** What the last answer to the form was; undefined on the first view. */
export type FormNotice =
  | { readonly kind: 'wrong_pin'; readonly attemptsLeft: number }
  | { readonly kind: 'locked'; readonly retryAfterSeconds: number };

export interface ApprovalForm {
  readonly request: PendingApproval;
  /** Where the form is sent. */
  readonly action: string;
  /** Seconds since the epoch. */
  readonly now: number;
  /** What was chosen before the PIN turned out wrong. */
  readonly readOnly: boolean;
  readonly notice?: FormNotice;
}

/** Returns the approval page's content: who asks, what for, and the PIN. */
export function approvalContent(form: ApprovalForm): Markup {
  const { request, action, notice } = form;
  return html`<h1>An app wants your notes. They go to <span class="host">${request.redirectHost}</span></h1>
${clientLine(request)}
${history(request)}
${warning(request)}
${notice?.kind === 'locked' ? lockedNote(notice.retryAfterSeconds, request.expiresAt - form.now) : undefined}
<form method="post" action="${action}" autocomplete="off">
<input type="hidden" name="request_id" value="${request.requestId}">
${access(request.scopes, form.readOnly)}
${pinField(notice)}
<div class="actions">
<button class="button main" name="action" value="approve">Approve</button>
<button class="button" name="action" value="deny" formnovalidate>Deny</button>
</div>
</form>
${meaning(request, form.now)}`;
}

function clientLine({ clientName, clientHost }: PendingApproval): Markup {
  const name = clientName === undefined ? html`The app gives no name` : html`It calls itself <b>“${clientName}”</b>`;
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
    return html`<p class="note warn"><strong>This is a program on the computer you are using now.</strong>
Any program there can ask like this, under any name. Approve only if you have just started to connect it yourself.</p>`;
  }
  if (!redirectHost.endsWith(':')) return undefined;
  return html`<p class="note warn"><strong>This opens the app that handles “${redirectHost}” links on this device.</strong>
Any app can claim such links. Approve only if you have just started to connect it yourself.</p>`;
}

function lockedNote(retryAfterSeconds: number, validSeconds: number): Markup {
  const then =
    retryAfterSeconds < validSeconds ? 'Then try again here.' : 'Then go back to the app and start connecting again.';
  return html`<p class="note bad" role="alert"><strong>Too many wrong PINs.</strong>
Wait ${duration(retryAfterSeconds)}. ${then} Nothing was approved.</p>`;
}

const readWords = 'List, search and read them';

function access(scopes: readonly string[], readOnly: boolean): Markup {
  if (!scopes.includes('vault:write')) {
    return html`<p class="label">It asks to</p>
<div class="choice"><span><b>Read your notes</b><span>${readWords}, change nothing</span></span></div>`;
  }
  const choice = (value: string, checked: boolean, title: string, text: string) =>
    html`<label class="choice"><input type="radio" name="read_only" value="${value}"${checked ? html` checked` : undefined}>
<span><b>${title}</b><span>${text}</span></span></label>`;
  return html`<fieldset>
<legend>What it may do</legend>
${choice('off', !readOnly, 'Read and change your notes', `${readWords}, write new ones, edit and overwrite`)}
${choice('on', readOnly, 'Only read your notes', `${readWords}, change nothing`)}
</fieldset>`;
}

function pinField(notice: FormNotice | undefined): Markup {
  const wrong = notice?.kind === 'wrong_pin' ? notice.attemptsLeft : undefined;
  const error =
    wrong === undefined
      ? undefined
      : html`<p class="error" id="pin-error" role="alert">Wrong PIN: ${attempts(wrong)} left</p>`;
  const state = wrong === undefined ? undefined : html` aria-invalid="true" autofocus`;
  const described = wrong === undefined ? 'pin-hint' : 'pin-error pin-hint';
  return html`<div class="field">
<label class="label" for="pin">PIN</label>
${error}
<input id="pin" name="pin" type="password" required autocomplete="current-password" autocapitalize="none" spellcheck="false" aria-describedby="${described}"${state}>
<p class="soft" id="pin-hint">The PIN of this vault-mcp server, not the app’s password.</p>
</div>`;
}

function meaning({ expiresAt }: PendingApproval, now: number): Markup {
  return html`<div class="meaning soft">
<p><b>What approving means:</b> whoever uses that app’s account can do this with your notes, without asking again and
across restarts, until you end it on the server with <code>vault-mcp state revoke</code>.</p>
<p>This request is valid for ${duration(Math.max(60, expiresAt - now))}. If you did not start it, deny it.</p>
</div>`;
}

function attempts(count: number): string {
  if (count === 0) return 'no attempt';
  return count === 1 ? 'one attempt' : `${count} attempts`;
}

function duration(seconds: number): string {
  if (seconds < 60) return seconds === 1 ? '1 second' : `${seconds} seconds`;
  const minutes = Math.ceil(seconds / 60);
  return minutes === 1 ? '1 minute' : `${minutes} minutes`;
}

export interface NoticeContent {
  readonly title: string;
  readonly paragraphs: readonly string[];
  /** An error code for whoever is asked for help. */
  readonly code?: string;
  readonly link?: { readonly url: string; readonly text: string };
}

/** Returns a page's content that only tells something, with one way on at most. */
export function noticeContent({ title, paragraphs, code, link }: NoticeContent): Markup {
  return html`<h1 class="plain">${title}</h1>
<div class="text">${paragraphs.map((text) => html`<p>${text}</p>`)}
${code === undefined ? undefined : html`<p class="soft">Error: <code>${code}</code></p>`}</div>
${link === undefined ? undefined : html`<p class="actions"><a class="button main" href="${link.url}">${link.text}</a></p>`}`;
}
