import type { FormFields } from '../authorization-server.js';
import { OAuthError } from '../errors.js';
import { required, single } from '../form-fields.js';
import { checkResource, type IsOurResource } from '../resource.js';
import type { ScopeRules } from '../scopes.js';

/** Unreserved characters, 43 to 128 of them: a code_verifier, and what may be its challenge (RFC 7636, section 4). */
const proofKey = /^[A-Za-z0-9\-._~]{43,128}$/;

/** Returns what a request asks for. Throws OAuthError, which may be sent to the client's redirect URI. */
export function readAuthorizationRequest(
  parameters: FormFields,
  { isOurResource, scopeRules }: { readonly isOurResource: IsOurResource; readonly scopeRules: ScopeRules },
  asked: string | undefined,
): { readonly state: string | undefined; readonly codeChallenge: string; readonly scopes: readonly string[] } {
  const state = single(parameters, 'state');
  if (required(parameters, 'response_type') !== 'code') {
    throw new OAuthError('unsupported_response_type', 'response_type must be code');
  }
  const codeChallenge = required(parameters, 'code_challenge');
  if (single(parameters, 'code_challenge_method') !== 'S256') {
    throw new OAuthError('invalid_request', 'code_challenge_method must be S256');
  }
  if (!isProofKey(codeChallenge)) {
    throw new OAuthError('invalid_request', 'code_challenge must be 43 to 128 characters of base64url');
  }
  checkResource(parameters, isOurResource, asked);
  return { state, codeChallenge, scopes: scopeRules.requested(single(parameters, 'scope')) };
}

/** Returns whether a text can be a code_verifier or code_challenge. */
export function isProofKey(text: string): boolean {
  return proofKey.test(text);
}
