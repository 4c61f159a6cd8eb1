import type { IncomingMessage } from 'node:http';
import express, { type ErrorRequestHandler, type Request, type RequestHandler, type Response, Router } from 'express';
import { displayText } from '../foreign-text.js';
import type { Log } from '../log.js';
import type { AuthorizationServer, FormFields, Peer, PendingApproval } from '../oauth/authorization-server.js';
import { OAuthError } from '../oauth/errors.js';
import { approvalContent, type NoticeContent, noticeContent } from './approval-page.js';
import type { Consent } from './consent.js';
import { readCharset } from './json-body.js';
import { limitPerAddress } from './limits.js';
import { methodNotAllowed } from './methods.js';
import { oauthBodyLimitBytes, setRetryAfter } from './oauth-routes.js';
import { sendPage } from './page.js';
import { browserCookie, type IssuerOf, isConsole, type PeerOf } from './peer.js';
import { requestFaultOf } from './request-fault.js';
import { logFailure } from './request-log.js';

const authorizationsPerAddress = { requests: 120, windowSeconds: 15 * 60 };
const browserCookieSeconds = 365 * 24 * 3600;

const gone: NoticeContent = {
  title: 'This request is no longer open',
  paragraphs: [
    'It has expired, or the server was restarted after you opened the page. Nothing was approved.',
    'Go back to the app and connect again: that opens a new request.',
  ],
};

const alreadyAnswered: NoticeContent = {
  title: 'You have already answered this request',
  paragraphs: ['You can close this page. If the app is not connected, go back to it and connect again.'],
};

export interface ApprovalRouteOptions {
  oauth: AuthorizationServer;
  peerOf: PeerOf;
  issuerOf: IssuerOf;
  rateLimit: boolean;
  consent: Consent;
  log: Log;
}

export interface ApprovalRoutes {
  readonly router: Router;
  /** Answers a request to `/authorize`, `peer` over what is known of it: with the approval page, a redirect or a refusal. */
  authorize(request: IncomingMessage, response: Response, parameters: FormFields, peer?: Partial<Peer>): Promise<void>;
}

/** Serves `/authorize` and the approval page at `/oauth/approve`: everything here is for a person, without CORS. */
export function approvalRoutes(options: ApprovalRouteOptions): ApprovalRoutes {
  const { oauth, peerOf, issuerOf, rateLimit, consent, log } = options;
  const { name } = consent;

  function notify(response: Response, status: number, content: NoticeContent, refresh?: string): void {
    const page = { title: content.title, name, root: issuerOf(response.req), content: noticeContent(content) };
    sendPage(response, status, refresh === undefined ? page : { ...page, refresh });
  }

  /** Tells the log why a form was not taken; nothing of what was typed. */
  function noteRefusal({ req: request }: Response, reason: string): void {
    const { requestId, address } = peerOf(request);
    log.warn('refused a form of the approval page', { request: requestId, address, reason });
  }

  function showForm(
    response: Response,
    status: number,
    request: PendingApproval,
    chosen: { readOnly: boolean; showPin: boolean; attemptsLeft?: number },
  ): void {
    const content = approvalContent({ consent, request, now: Math.floor(Date.now() / 1_000), ...chosen });
    sendPage(response, status, { title: 'Approve access', name, root: issuerOf(response.req), content });
  }

  async function authorize(
    request: IncomingMessage,
    response: Response,
    parameters: FormFields,
    peer: Partial<Peer> = {},
  ): Promise<void> {
    const answer = await oauth.authorize(parameters, { ...peerOf(request), ...peer });
    if (answer.kind === 'approval') {
      redirect(response, `${issuerOf(request)}/oauth/approve?request_id=${encodeURIComponent(answer.requestId)}`);
    } else if (answer.kind === 'redirect') {
      redirect(response, answer.location);
    } else {
      if (answer.retryAfterSeconds !== undefined) response.set('Retry-After', String(answer.retryAfterSeconds));
      notify(response, answer.status, {
        title: answer.title,
        paragraphs: [answer.description],
        code: answer.error,
        ...(answer.link === undefined ? {} : { link: { url: answer.link, text: 'Back to the app' } }),
      });
    }
  }

  const showApproval: RequestHandler = (request, response) => {
    const { request_id: requestId, show_pin: showPin } = request.query;
    const approval = oauth.approval(typeof requestId === 'string' ? requestId : '', peerOf(request));
    if (approval.kind === 'done') notify(response, 200, alreadyAnswered);
    else if (approval.kind === 'gone') notify(response, 410, gone);
    else {
      const isLocked = approval.lockedSeconds !== undefined;
      if (isLocked) response.set('Retry-After', String(Math.ceil(approval.lockedSeconds ?? 0)));
      showForm(response, isLocked ? 429 : 200, approval, { readOnly: false, showPin: showPin === 'on' });
    }
  };

  const sameOrigin: RequestHandler = (request, response, next) => {
    const { origin, 'sec-fetch-site': site } = request.headers;
    const expected = new URL(issuerOf(request)).origin;
    // A proxy's `Referrer-Policy: no-referrer` makes browsers hide the origin; where the form came from they still say.
    const isHidden = origin === 'null' && site === 'same-origin';
    if (origin === undefined || origin === expected || isHidden || isOpenedHere(request)) {
      next();
      return;
    }
    noteRefusal(response, `its Origin is ${displayText(origin, 200)}, not ${expected}`);
    notify(response, 403, {
      title: 'This form came from another address',
      paragraphs: [
        `Nothing was approved. Open the page at ${expected}: go back to the app and connect again.`,
        'If you did not fill in a form, another site tried to do it for you.',
      ],
    });
  };

  const decide: RequestHandler = async (request, response) => {
    const { request_id: requestId, pin, action, ...more } = (request.body ?? {}) as FormFields;
    if (typeof requestId !== 'string' || (action !== 'approve' && action !== 'deny')) {
      noteRefusal(response, 'it is incomplete');
      notify(response, 400, {
        title: 'This form is incomplete',
        paragraphs: ['Nothing was approved. Go back to the app and connect again.'],
      });
      return;
    }
    const chosen = { readOnly: more['read_only'] === 'on', showPin: more['show_pin'] === 'on' };
    const decision = { action, pin: typeof pin === 'string' ? pin : '', readOnly: chosen.readOnly } as const;
    const answer = await oauth.decide(requestId, decision, peerOf(request));
    if (answer.kind === 'redirect') {
      if (answer.browser !== undefined) keepBrowser(request, response, answer.browser);
      sendBack(response, answer.location);
    } else if (answer.kind === 'wrong_pin') {
      const { attemptsLeft } = answer;
      showForm(response, 403, answer.request, { ...chosen, attemptsLeft });
    } else if (answer.kind === 'locked') {
      response.set('Retry-After', String(Math.ceil(answer.retryAfterSeconds)));
      showForm(response, 429, { ...answer.request, lockedSeconds: answer.retryAfterSeconds }, chosen);
    } else {
      noteRefusal(response, 'its request is unknown, expired, answered or revoked');
      notify(response, 410, gone);
    }
  };

  function keepBrowser(request: Request, response: Response, browser: string): void {
    const root = new URL(isOpenedHere(request) ? `http://${request.headers.host}` : issuerOf(request));
    response.cookie(browserCookie, browser, {
      httpOnly: true,
      maxAge: browserCookieSeconds * 1_000,
      path: `${root.pathname.replace(/\/$/, '')}/oauth/approve`,
      sameSite: 'lax',
      secure: root.protocol === 'https:',
    });
  }

  /** An app's link opens beside the page, which would still show the form: it is replaced, and has the link again. */
  function sendBack(response: Response, location: string): void {
    const { protocol, searchParams } = new URL(location);
    if (protocol === 'https:' || protocol === 'http:') {
      redirect(response, location);
      return;
    }
    const isApproved = searchParams.has('code');
    const paragraphs = [
      isApproved ? consent.approved : 'Nothing was approved. The app is informed.',
      'If the app did not open, use this button. Then you can close this page.',
    ];
    const link = { url: location, text: `Back to the app (${protocol})` };
    notify(response, 200, { title: isApproved ? 'Approved' : 'Denied', paragraphs, link }, location);
  }

  const answerErrors: ErrorRequestHandler = (error: unknown, request, response, next) => {
    if (response.headersSent) {
      next(error);
      return;
    }
    const fault = requestFaultOf(error);
    if (request.baseUrl.startsWith('/oauth')) {
      noteRefusal(response, error instanceof OAuthError ? error.message : (fault?.message ?? 'the server failed'));
    }
    if (error instanceof OAuthError) {
      setRetryAfter(response, error);
      const paragraphs = [`${error.message}.`, 'Nothing was approved.'];
      notify(response, error.status, { title: 'This did not work', paragraphs, code: error.code });
    } else if (fault !== undefined) {
      notify(response, fault.status, { title: 'This request cannot be read', paragraphs: [fault.message] });
    } else {
      logFailure(log, response, error);
      notify(response, 500, {
        title: 'The server failed',
        paragraphs: ['Nothing was approved. The log of the server says why.'],
      });
    }
  };

  const form = express.urlencoded({ extended: false, limit: oauthBodyLimitBytes });
  const router = Router();
  if (rateLimit) router.route('/authorize').all(limitPerAddress(authorizationsPerAddress, peerOf));
  router
    .route('/authorize')
    .get((request, response) => authorize(request, response, request.query as FormFields))
    .post(readCharset, form, (request, response) => authorize(request, response, (request.body ?? {}) as FormFields))
    .all(methodNotAllowed('GET', 'HEAD', 'POST'));
  router
    .route('/oauth/approve')
    .get(showApproval)
    .post(sameOrigin, readCharset, form, decide)
    .all(methodNotAllowed('GET', 'HEAD', 'POST'));
  router.use(['/authorize', '/oauth/approve'], answerErrors);
  return { router, authorize };
}

/** True for a form whose page was opened on the server's own machine by its loopback name, whatever the public URL is. */
function isOpenedHere(request: Request): boolean {
  return isConsole(request) && request.headers.origin === `http://${request.headers.host}`;
}

/** Express' own redirect would encode the location again, and write a body that quotes it. */
function redirect(response: Response, location: string): void {
  response.status(302).set('Location', location).end();
}
