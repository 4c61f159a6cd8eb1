import { createHash } from 'node:crypto';
import type { Vault } from '../../vault/vault.js';
import { splitChunks } from '../chunks.js';
import type { EmbeddingsOptions } from './endpoint.js';

/** A section of a note as it is embedded. */
export interface Section {
  readonly path: string;
  readonly ordinal: number;
  readonly text: string;
  /** SHA-256 of endpoint, model and text. */
  readonly key: string;
}

/** About 500 tokens of English, which even small models take. */
export const maxTextLength = 2000;
const maxTitleLength = 200;

/** Reads a note's sections, each with the note's title before it; undefined for what the vault does not give, such as ignored notes. */
export async function readSections(
  vault: Vault,
  path: string,
  { url, model }: EmbeddingsOptions,
): Promise<{ path: string; hash: string; sections: Section[] } | undefined> {
  const note = await vault.read(path).catch(() => undefined);
  if (note === undefined) return undefined;
  const title = trimText(note.metadata.title, maxTitleLength);
  const sections = splitChunks(note.text).map(({ ordinal, lines }) => {
    const text = trimText(`${title}\n\n${lines.join('\n')}`, maxTextLength);
    const key = createHash('sha256')
      .update(JSON.stringify([url, model, text]))
      .digest('base64url');
    return { path: note.path, ordinal, text, key };
  });
  return { path: note.path, hash: note.hash, sections };
}

/** Cuts a text, never through an emoji. */
export function trimText(text: string, maxLength: number): string {
  return text
    .trim()
    .slice(0, maxLength)
    .replace(/[\uD800-\uDBFF]$/, '');
}
