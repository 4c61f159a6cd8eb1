import type { Parsed, StateImage } from '../../src/state/file/image.js';
import type { ImportOptions } from '../../src/state/rules/migrate.js';

/** Reads a whole file and takes it over. */
export async function adopt(image: StateImage, bytes: Buffer, importing?: ImportOptions): Promise<Parsed> {
  const parsed = await image.parse(bytes, importing);
  parsed.apply();
  return parsed;
}
