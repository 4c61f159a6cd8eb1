import { extname } from 'node:path';
import { NotesError } from '../errors.js';
import { decodeText } from '../markdown/note-text.js';

/** What an attachment holds: an image to show, or text to read. */
export type OtherContent =
  | { readonly kind: 'image'; readonly mimeType: string }
  | { readonly kind: 'text'; readonly mimeType: string; readonly text: string };

/** What models take of an image, in base64, is 5 MB. */
export const maxImageBytes = 3_750_000;

/** The images that models take, by how their bytes begin. */
const images: readonly (readonly [mimeType: string, pattern: RegExp])[] = [
  ['image/png', /^\x89PNG\r\n/],
  ['image/jpeg', /^\xff\xd8\xff/],
  ['image/gif', /^GIF8[79]a/],
  ['image/webp', /^RIFF.{4}WEBP/s],
];

const textTypes: Readonly<Record<string, string>> = {
  '.canvas': 'application/json',
  '.json': 'application/json',
  '.csv': 'text/csv',
  '.tsv': 'text/tab-separated-values',
  '.html': 'text/html',
  '.htm': 'text/html',
  '.svg': 'image/svg+xml',
  '.xml': 'application/xml',
  '.yaml': 'application/yaml',
  '.yml': 'application/yaml',
  '.base': 'application/yaml',
  '.tex': 'text/x-tex',
};

/**
 * Tells an image and text by their bytes, whatever the name says; the text comes without its byte order mark. Throws
 * NotesError `not_text` for everything else, and `too_large` for an image that no model takes.
 */
export function readOtherFile(path: string, bytes: Uint8Array): OtherContent {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const image = images.find(([, pattern]) => pattern.test(buffer.toString('latin1', 0, 16)));
  if (image !== undefined) {
    if (bytes.length <= maxImageBytes) return { kind: 'image', mimeType: image[0] };
    throw new NotesError(
      'too_large',
      `${path} is an image of ${bytes.length} bytes: at most ${maxImageBytes} can be shown.`,
    );
  }
  const text = decodeText(bytes)?.text;
  if (text === undefined) {
    throw new NotesError(
      'not_text',
      `${path} (${bytes.length} bytes) is neither text nor a PNG, JPEG, GIF or WebP image: it cannot be shown here.`,
    );
  }
  return { kind: 'text', mimeType: textTypes[extname(path).toLowerCase()] ?? 'text/plain', text };
}
