import { createHash, timingSafeEqual } from 'node:crypto';

/** Returns the SHA-256 of a text, or of bytes, in hex: how tokens and secrets are stored. */
export function sha256Hex(text: string | Uint8Array): string {
  return createHash('sha256').update(text).digest('hex');
}

/** Returns whether `secret` has the SHA-256 `hash` (hex), in constant time for every length of secret. */
export function hasHash(secret: string, hash: string): boolean {
  const actual = createHash('sha256').update(secret).digest();
  const expected = Buffer.from(hash, 'hex');
  return actual.length === expected.length && timingSafeEqual(actual, expected);
}

/** Returns random bytes as hex: 32 of them make a token, 16 an id. */
export function toHex(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('hex');
}
