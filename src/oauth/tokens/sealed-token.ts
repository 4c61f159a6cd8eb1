import { createCipheriv, createDecipheriv, hkdfSync } from 'node:crypto';

const algorithm = 'aes-256-gcm';
const nonceBytes = 12;
const tagBytes = 16;
const purpose = 'vault-mcp refresh token successor';

/** Returns `successor` sealed so that only who holds `token` can read it; `nonce` is 12 random bytes. */
export function sealSuccessor(successor: string, token: string, nonce: Uint8Array): string {
  const cipher = createCipheriv(algorithm, keyOf(token), nonce);
  const sealed = [cipher.update(successor, 'utf8'), cipher.final()];
  return Buffer.concat([nonce, ...sealed, cipher.getAuthTag()]).toString('base64url');
}

/** Returns what was sealed under `token`, or undefined when it was sealed under another one, or damaged. */
export function openSuccessor(sealed: string, token: string): string | undefined {
  const bytes = Buffer.from(sealed, 'base64url');
  if (bytes.length < nonceBytes + tagBytes) return undefined;
  const decipher = createDecipheriv(algorithm, keyOf(token), bytes.subarray(0, nonceBytes), {
    authTagLength: tagBytes,
  });
  decipher.setAuthTag(bytes.subarray(-tagBytes));
  try {
    return decipher.update(bytes.subarray(nonceBytes, -tagBytes), undefined, 'utf8') + decipher.final('utf8');
  } catch {
    return undefined;
  }
}

/** The token has 256 random bits, so HKDF (RFC 5869) needs no salt. */
function keyOf(token: string): Uint8Array {
  return new Uint8Array(hkdfSync('sha256', token, '', purpose, 32));
}
