import { type Link, limits, type ParsedNote } from '../markdown/note.js';
import { readText } from '../markdown/read-note.js';
import { escapeScalar } from '../markdown/yaml-styles.js';
import { type Replacement, replaceSpans } from './note-style.js';

export interface RewrittenText {
  readonly text: string;
  /** Those links that were changed, in order. */
  readonly changes: readonly Change[];
  /** Those that no new target can be written for where they stand. */
  readonly lost: readonly Link[];
}

/**
 * Returns the text with new targets for those links that `newTargets` gives some for, the first that can be written so that
 * it is read again as it is meant. Nothing but the targets changes; each is spelled as the link's writer spelled it.
 */
export function rewriteLinks(
  note: ParsedNote,
  newTargets: (link: Link) => readonly string[] | undefined,
): RewrittenText {
  const lost: Link[] = [];
  const changes: Change[] = [];
  for (const link of note.links) {
    const targets = newTargets(link);
    if (targets === undefined) continue;
    const target = targets.find((candidate) => spell(link, candidate) !== undefined);
    if (target === undefined) lost.push(link);
    else changes.push({ link, target, start: link.start, end: link.end, written: spell(link, target) ?? '' });
  }
  // What a new name does to the text around it (a dollar that opens math) is seen only by reading all of it again.
  const text = replaceSpans(note.text, changes);
  const misread = misreadChanges(note, changes, text);
  if (misread.length === 0) return { text, changes, lost };
  const kept = changes.filter((change) => !misread.includes(change));
  const again = replaceSpans(note.text, kept);
  if (misreadChanges(note, kept, again).length > 0) {
    return { text: note.text, changes: [], lost: [...lost, ...changes.map(({ link }) => link)] };
  }
  return { text: again, changes: kept, lost: [...lost, ...misread.map(({ link }) => link)] };
}

export interface Change extends Replacement {
  readonly link: Link;
  readonly target: string;
}

/** The changes that are not read again as they are meant, or make another link be read otherwise. */
function misreadChanges(note: ParsedNote, changes: readonly Change[], text: string): Change[] {
  if (changes.length === 0) return [];
  const { links: read, problem } = readText(text);
  if (problem?.code === 'bad_frontmatter' && note.problem?.code !== 'bad_frontmatter') {
    return changes.filter(({ link }) => link.spelling.yaml !== undefined);
  }
  const byLink = new Map(changes.map((change) => [change.link, change]));
  const asMeant = note.links.map((link, index) => {
    const now = read[index];
    return (
      now?.kind === link.kind && now.target === (byLink.get(link)?.target ?? link.target) && now.anchor === link.anchor
    );
  });
  const wrong = asMeant.indexOf(false);
  if (wrong === -1 && (read.length === note.links.length || note.links.length === limits.links)) return [];
  const first = note.links[wrong];
  return changes.filter(({ link }) => first === undefined || link === first || link.end > first.start - 1);
}

/** A target as it stands in the text, or undefined where it cannot. */
function spell({ kind, spelling }: Link, target: string): string | undefined {
  if (target === '') return undefined;
  if (kind === 'wiki' || kind === 'embed') {
    if (/[[\]|#\r\n]|^\s|\s$|\\$|:\/\//.test(target)) return undefined;
    return spelling.yaml === undefined ? target : escapeScalar(target, spelling.yaml);
  }
  const written = encodeScheme(spelling.encoded ? encodeAll(target) : target.replace(/[%#?]/g, encodeCharacter));
  if (spelling.angled) return written.replace(/[<>\\\r\n]|&(?=[#a-z])|\{(?=[{%])|\$(?=\{)/gi, encodeCharacter);
  return written.replace(kind === 'html' ? /[\s"'<>`=&]/g : /[\s()<>\\&[\]{}`|$"]/g, encodeCharacter);
}

function encodeAll(target: string): string {
  return encodeURI(target).replace(/[#?]/g, encodeCharacter);
}

/** Without this a name such as `Note: x.md` would be read as an address. */
function encodeScheme(written: string): string {
  return /^[a-z][a-z0-9+.-]*:/i.test(written) ? written.replace(':', '%3A') : written;
}

function encodeCharacter(character: string): string {
  const encoded = encodeURIComponent(character);
  return encoded === character ? `%${character.charCodeAt(0).toString(16).toUpperCase()}` : encoded;
}
