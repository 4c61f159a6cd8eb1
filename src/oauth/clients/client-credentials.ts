import { decodeJwt } from 'jose/jwt/decode';
import type { FormFields } from '../authorization-server.js';
import { OAuthError } from '../errors.js';
import { single } from '../form-fields.js';
import { jwtBearerAssertionType } from './client-assertion.js';

/** How a request to /token or /revoke says which client it comes from (RFC 6749, section 2.3; RFC 7523, section 2.2). */
export type ClientCredentials =
  | { readonly method: 'none'; readonly clientId: string }
  | { readonly method: 'secret'; readonly clientId: string; readonly secret: string }
  | { readonly method: 'assertion'; readonly clientId: string; readonly assertion: string };

/**
 * Returns the one set of credentials of a request. Throws `invalid_request` for more than one and `invalid_client` for
 * none or malformed ones.
 */
export function readClientCredentials(form: FormFields, authorization: string | undefined): ClientCredentials {
  const basic = readBasic(authorization);
  const clientId = single(form, 'client_id');
  const secret = single(form, 'client_secret');
  const assertion = readAssertion(form);
  // RFC 6749, section 2.3: a client uses one method in each request.
  if ([basic?.secret, secret, assertion].filter((one) => one !== undefined).length > 1) {
    throw new OAuthError('invalid_request', 'The client authenticates in more than one way');
  }
  const named = basic?.clientId ?? (assertion === undefined ? undefined : subjectOf(assertion));
  if (named !== undefined && clientId !== undefined && named !== clientId) {
    throw new OAuthError('invalid_request', 'The request names two different clients');
  }
  const id = named ?? clientId;
  if (id === undefined) throw new OAuthError('invalid_client', 'The request does not say which client it comes from');
  if (assertion !== undefined) return { method: 'assertion', clientId: id, assertion };
  const given = basic?.secret ?? secret;
  return given === undefined ? { method: 'none', clientId: id } : { method: 'secret', clientId: id, secret: given };
}

/** RFC 6749, section 2.3.1: both parts are form-encoded before they are joined. Other schemes do not authenticate clients. */
function readBasic(authorization: string | undefined): { clientId: string; secret: string | undefined } | undefined {
  const encoded = /^Basic +([A-Za-z0-9+/_-]*=*) *$/i.exec(authorization ?? '')?.[1];
  if (encoded === undefined) {
    if (!/^Basic\b/i.test(authorization ?? '')) return undefined;
    throw malformedHeader();
  }
  const [, id, secret] = /^([^:]+):(.*)$/s.exec(Buffer.from(encoded, 'base64').toString('utf8')) ?? [];
  if (id === undefined || secret === undefined) throw malformedHeader();
  return { clientId: formDecode(id), secret: secret === '' ? undefined : formDecode(secret) };
}

function formDecode(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '));
  } catch {
    throw malformedHeader();
  }
}

function malformedHeader(): OAuthError {
  return new OAuthError('invalid_client', 'The Authorization header is not client_id:client_secret in base64');
}

function readAssertion(form: FormFields): string | undefined {
  const assertion = single(form, 'client_assertion');
  const type = single(form, 'client_assertion_type');
  if (assertion === undefined && type === undefined) return undefined;
  if (assertion === undefined || type !== jwtBearerAssertionType) {
    throw new OAuthError('invalid_client', `client_assertion needs client_assertion_type ${jwtBearerAssertionType}`);
  }
  return assertion;
}

/** Only to know whose keys verify the assertion. */
function subjectOf(assertion: string): string | undefined {
  try {
    return decodeJwt(assertion).sub;
  } catch {
    throw new OAuthError('invalid_client', 'The client assertion is not a JWT');
  }
}
