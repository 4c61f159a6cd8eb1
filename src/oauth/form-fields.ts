import type { FormFields } from './authorization-server.js';
import { OAuthError } from './errors.js';

/**
 * Returns the value of a parameter, undefined when it is absent or empty. Throws `invalid_request` when it is repeated
 * (RFC 6749, sections 3.1 and 3.2).
 */
export function single(form: FormFields, name: string): string | undefined {
  const value = form[name];
  if (typeof value === 'object') throw new OAuthError('invalid_request', `${name} is given more than once`);
  return value === '' ? undefined : value;
}

/** Returns the value of a parameter. Throws `invalid_request` when it is absent, empty or repeated. */
export function required(form: FormFields, name: string): string {
  const value = single(form, name);
  if (value === undefined) throw new OAuthError('invalid_request', `${name} is missing`);
  return value;
}

/** Returns every value of a parameter that may be repeated. */
export function all(form: FormFields, name: string): readonly string[] {
  const value = form[name];
  const values = typeof value === 'object' ? value : value === undefined ? [] : [value];
  return values.filter((one) => one !== '');
}
