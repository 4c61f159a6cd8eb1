import { rename } from 'node:fs/promises';
import { systemErrorCode } from '../errors.js';
import type { Catalogue } from './catalogue.js';
import { VaultError } from './errors.js';
import { createLinkTargets } from './link-targets.js';
import type { Link } from './links.js';
import { type Bounds, type Place, withPlace } from './locate-note.js';
import { moveUnlessTaken } from './move-file.js';
import { parseNotePath, quotePath } from './note-path.js';
import { type Move, needsRewriting, type RewrittenText, rewriteLinks } from './rewrite-links.js';
import { changeNote, readExpected, refuseOutsideChange } from './stored-note.js';
import { writeFailure } from './system-failures.js';
import type { MovedNote } from './vault.js';

const tries = 3;

/**
 * Moves or renames a note and rewrites the links of all notes so that each leads to the file that it led to before.
 * Rejects with VaultError and nothing done; once the note is moved, notes whose links could not be rewritten are `failed`.
 */
export async function moveNote(
  bounds: Bounds,
  catalogue: Catalogue,
  fromPath: string,
  toPath: string,
  ifMatch: string | undefined,
): Promise<MovedNote> {
  if (/[[\]|#^]/.test(toPath)) {
    throw new VaultError(
      'bad_path',
      `A note cannot be moved to ${quotePath(toPath)}: links cannot name paths with any of [ ] | # ^. Choose a name without them.`,
    );
  }
  const { from, to } = await renameNote(bounds, fromPath, toPath, ifMatch);
  const paths = [...catalogue.entries.map(({ path }) => path), ...catalogue.attachments];
  const move: Move = {
    from,
    to,
    before: createLinkTargets(paths),
    after: createLinkTargets([...paths.filter((path) => path !== from), to]),
  };
  const rewritten: { path: string; links: number }[] = [];
  const failed: { path: string; reason: string }[] = [];
  for (const { path, links } of catalogue.entries) {
    if (!needsRewriting(links, path, move)) continue;
    const newPath = path === from ? to : path;
    try {
      const { changed, lost } = await rewriteNote(bounds, path, newPath, move);
      if (changed > 0) rewritten.push({ path: newPath, links: changed });
      if (lost.length > 0) failed.push({ path: newPath, reason: cannotBeWritten(lost) });
    } catch (error) {
      if (!(error instanceof VaultError)) throw error;
      failed.push({ path: newPath, reason: error.message });
    }
  }
  return { from, to, rewritten, failed };
}

async function renameNote(
  bounds: Bounds,
  fromPath: string,
  toPath: string,
  ifMatch: string | undefined,
): Promise<{ from: string; to: string }> {
  try {
    return await withPlace(bounds, fromPath, {}, async (source) => {
      const note = await readExpected(source, ifMatch);
      // Looked at before folders are made, so that a refusal leaves none behind.
      await withPlace(bounds, toPath, {}, async (place) => nameFor(source, place, toPath)).catch(unlessNotFound);
      return withPlace(bounds, toPath, { createFolders: true }, async (place) => {
        const name = nameFor(source, place, toPath);
        await refuseOutsideChange(source, note);
        await place.folder.confirm();
        const [oldName, newName] = [source.folder.at(source.name), place.folder.at(name)];
        if (place.stats === undefined) await moveUnlessTaken(oldName, newName).catch(unlessTaken(place));
        else await rename(oldName, newName);
        return { from: source.path, to: place.path.slice(0, place.path.length - place.name.length) + name };
      });
    });
  } catch (error) {
    throw writeFailure(error, fromPath);
  }
}

/** The file name to move to: the one asked for where only case or Unicode form change. Throws VaultError when it is taken. */
function nameFor(source: Place, place: Place, toPath: string): string {
  if (place.stats === undefined) return place.name;
  const name = parseNotePath(toPath).at(-1)?.normalize('NFC') ?? place.name;
  const isSame =
    place.stats.ino === source.stats?.ino && place.stats.dev === source.stats.dev && place.path === source.path;
  if (isSame && name !== source.name) return name;
  if (isSame) throw new VaultError('bad_argument', `The note is at ${quotePath(source.path)} already.`);
  throw taken(place);
}

function unlessTaken(place: Place): (error: unknown) => never {
  return (error) => {
    throw systemErrorCode(error) === 'EEXIST' ? taken(place) : error;
  };
}

function taken(place: Place): VaultError {
  return new VaultError(
    'exists',
    `There is a note ${quotePath(place.path)} already; nothing was moved. Choose another path, or delete that note first.`,
  );
}

function unlessNotFound(error: unknown): void {
  if (!(error instanceof VaultError && error.code === 'not_found')) throw error;
}

/** Rewrites one note, on its text of that moment: another program may have changed it since the catalogue was made. */
async function rewriteNote(bounds: Bounds, oldPath: string, newPath: string, move: Move): Promise<RewrittenText> {
  for (let attempt = 1; ; attempt++) {
    let rewritten: RewrittenText = { text: '', changed: 0, lost: [] };
    try {
      await changeNote(bounds, newPath, {}, (before) => {
        rewritten = rewriteLinks(before?.text ?? '', oldPath, move);
        return rewritten.text;
      });
      return rewritten;
    } catch (error) {
      if (attempt === tries || !(error instanceof VaultError && error.code === 'conflict')) throw error;
    }
  }
}

function cannotBeWritten(lost: readonly Link[]): string {
  const links = lost.map(({ target, line }) => `${quotePath(target)} in line ${line}`).join(', ');
  return `The new name cannot be written where the link stands (${links}): change it by hand, in quotes if it is in the frontmatter.`;
}
