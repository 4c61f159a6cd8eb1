import express, { type ErrorRequestHandler, type RequestHandler, type Response, Router } from 'express';
import type { Log } from '../log.js';
import type { AuthorizationServer, FormFields, Peer, PendingApproval } from '../oauth/authorization-server.js';
import { OAuthError } from '../oauth/errors.js';
import { approvalContent, type FormNotice, type NoticeContent, noticeContent } from './approval-page.js';
import { limitPerAddress } from './limits.js';
import { methodNotAllowed } from './methods.js';
import { oauthBodyLimitBytes, setRetryAfter } from './oauth-routes.js';
import { sendPage } from './page.js';
import { browserCookie, type PeerOf } from './peer.js';
import { requestFaultOf } from './request-fault.js';
import { logFailure } from './request-log.js';

const authorizationsPerAddress = { requests: 120, windowSeconds: 15 * 60 };
const browserCookieSeconds = 365 * 24 * 3600;

const gone: NoticeContent = {
  title: 'This request is no longer open',
  paragraphs: [
    'It has expired, or the server was restarted since the page was opened. Nothing was approved.',
    'Go back to the app and connect again: that opens a new request.',
  ],
};

const alreadyAnswered: NoticeContent = {
  title: 'You have already answered this request',
  paragraphs: ['You can close this page. If the app is not connected, go back to it and connect again.'],
};

/** Serves `/authorize` and the approval page at `/oauth/approve`: everything here is for a person, without CORS. */
export function approvalRoutes(oauth: AuthorizationServer, peerOf: PeerOf, rateLimit: boolean, log: Log): Router {
  const origin = new URL(oauth.issuer).origin;
  const serverHost = new URL(oauth.issuer).host;
  const approveUrl = `${oauth.issuer}/oauth/approve`;

  function notify(response: Response, status: number, content: NoticeContent): void {
    sendPage(response, status, { title: content.title, serverHost, content: noticeContent(content) });
  }

  function showForm(
    response: Response,
    status: number,
    request: PendingApproval,
    readOnly: boolean,
    notice?: FormNotice,
  ): void {
    const content = approvalContent({
      request,
      action: approveUrl,
      now: Math.floor(Date.now() / 1_000),
      readOnly,
      ...(notice === undefined ? {} : { notice }),
    });
    sendPage(response, status, { title: 'Approve access', serverHost, content });
  }

  async function authorize(response: Response, parameters: FormFields, peer: Peer): Promise<void> {
    const answer = await oauth.authorize(parameters, peer);
    if (answer.kind === 'approval') {
      redirect(response, `${approveUrl}?request_id=${encodeURIComponent(answer.requestId)}`);
    } else if (answer.kind === 'redirect') {
      redirect(response, answer.location);
    } else {
      notify(response, answer.status, {
        title: answer.title,
        paragraphs: [answer.description],
        code: answer.error,
        ...(answer.link === undefined ? {} : { link: { url: answer.link, text: 'Back to the app' } }),
      });
    }
  }

  const showApproval: RequestHandler = (request, response) => {
    const requestId = request.query['request_id'];
    const approval = oauth.approval(typeof requestId === 'string' ? requestId : '');
    if (approval.kind === 'pending') showForm(response, 200, approval, false);
    else if (approval.kind === 'done') notify(response, 200, alreadyAnswered);
    else notify(response, 410, gone);
  };

  const sameOrigin: RequestHandler = (request, response, next) => {
    if (request.headers.origin === undefined || request.headers.origin === origin) {
      next();
      return;
    }
    notify(response, 403, {
      title: 'This form came from another address',
      paragraphs: [
        `Nothing was approved. Open the page at ${origin}: go back to the app and connect again.`,
        'If you did not fill in a form, another site tried to do so in your name.',
      ],
    });
  };

  const decide: RequestHandler = async (request, response) => {
    const { request_id: requestId, pin, action, read_only: readOnly } = (request.body ?? {}) as FormFields;
    if (typeof requestId !== 'string' || (action !== 'approve' && action !== 'deny')) {
      notify(response, 400, {
        title: 'This form is incomplete',
        paragraphs: ['Nothing was approved. Go back to the app and connect again.'],
      });
      return;
    }
    const decision = { action, pin: typeof pin === 'string' ? pin : '', readOnly: readOnly === 'on' } as const;
    const answer = await oauth.decide(requestId, decision, peerOf(request));
    if (answer.kind === 'redirect') {
      if (answer.browser !== undefined) {
        response.cookie(browserCookie, answer.browser, {
          httpOnly: true,
          maxAge: browserCookieSeconds * 1_000,
          path: '/oauth/approve',
          sameSite: 'lax',
          secure: origin.startsWith('https:'),
        });
      }
      redirect(response, answer.location);
    } else if (answer.kind === 'wrong_pin') {
      const { attemptsLeft } = answer;
      showForm(response, 403, answer.request, decision.readOnly, { kind: 'wrong_pin', attemptsLeft });
    } else if (answer.kind === 'locked') {
      const { retryAfterSeconds } = answer;
      response.set('Retry-After', String(Math.ceil(retryAfterSeconds)));
      showForm(response, 429, answer.request, decision.readOnly, { kind: 'locked', retryAfterSeconds });
    } else notify(response, 410, gone);
  };

  const answerErrors: ErrorRequestHandler = (error: unknown, _request, response, next) => {
    if (response.headersSent) {
      next(error);
      return;
    }
    const fault = requestFaultOf(error);
    if (error instanceof OAuthError) {
      setRetryAfter(response, error);
      const paragraphs = [`${error.message}.`, 'Nothing was approved.'];
      notify(response, error.status, { title: 'This did not work', paragraphs, code: error.code });
    } else if (fault !== undefined) {
      notify(response, fault.status, { title: 'This request cannot be read', paragraphs: [fault.message] });
    } else {
      logFailure(log, response, error);
      notify(response, 500, { title: 'The server failed', paragraphs: ['Nothing was approved. Its log says why.'] });
    }
  };

  const form = express.urlencoded({ extended: false, limit: oauthBodyLimitBytes });
  const router = Router();
  if (rateLimit) router.route('/authorize').all(limitPerAddress(authorizationsPerAddress, peerOf));
  router
    .route('/authorize')
    .get((request, response) => authorize(response, request.query as FormFields, peerOf(request)))
    .post(form, (request, response) => authorize(response, (request.body ?? {}) as FormFields, peerOf(request)))
    .all(methodNotAllowed('GET', 'HEAD', 'POST'));
  router
    .route('/oauth/approve')
    .get(showApproval)
    .post(sameOrigin, form, decide)
    .all(methodNotAllowed('GET', 'HEAD', 'POST'));
  router.use(['/authorize', '/oauth/approve'], answerErrors);
  return router;
}

/** Express' own redirect would encode the location anew, and write a body that quotes it. */
function redirect(response: Response, location: string): void {
  response.status(302).set('Location', location).end();
}
