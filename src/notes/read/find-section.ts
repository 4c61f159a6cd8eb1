import { foldText, normalizeText } from '../../text.js';
import { NotesError } from '../errors.js';
import { quotePath } from '../files/note-path.js';
import type { Block, Heading, ParsedNote } from '../markdown/note.js';

type Outline = Pick<ParsedNote, 'text' | 'outline'>;

export interface FoundHeading extends Heading {
  /** Where the next heading of any level begins, or the note ends. */
  readonly contentEnd: number;
  /** Where the next heading of the same or a higher level begins, or the note ends. */
  readonly end: number;
}

const maxShownHeadings = 20;
const maxShownBlocks = 20;
const shownCharacters = 100;

/**
 * Returns the heading that `wanted` names: its text, or its Markdown, with or without the `#`, in either Unicode form; or
 * the texts of the headings that lead to it joined by `#` as in a link (`Parent#Child`). Where no text is the same, case
 * and accents do not count. Throws NotesError `no_match` naming the headings there are, or `ambiguous_match` naming the
 * lines of those that match.
 */
export function findHeading(note: Outline, wanted: string, path: string): FoundHeading {
  const [heading, ...others] = matchHeadings(note, wanted);
  if (heading === undefined) throw noSuchHeading(note, wanted, path);
  if (others.length === 0) {
    const after = note.outline.slice(note.outline.indexOf(heading) + 1);
    const next = after.find(({ level }) => level <= heading.level);
    const { length } = note.text;
    return { ...heading, contentEnd: after[0]?.start ?? length, end: next?.start ?? length };
  }
  const lines = [heading, ...others]
    .slice(0, maxShownHeadings)
    .map((match) => `line ${match.line} (${JSON.stringify(trailOf(note, match).map(short).join('#'))})`);
  const areAlike = new Set(lines.map((line) => line.replace(/^line \d+/, ''))).size < lines.length;
  const alike = areAlike
    ? ' Read those that are alike in this too by their lines, and change them with vault_edit.'
    : '';
  throw new NotesError(
    'ambiguous_match',
    `${quotePath(path)} has ${others.length + 1} headings ${quotePath(wanted)}: ${lines.join(', ')}. To choose one, add the headings above it, joined by #.${alike}`,
  );
}

/** Returns the block that ends in `^id`; `wanted` with or without the `^`. Throws NotesError `no_match` naming the blocks there are. */
export function findBlock({ blocks }: Pick<ParsedNote, 'blocks'>, wanted: string, path: string): Block {
  const id = wanted.trim().replace(/^\^/, '');
  const block =
    blocks.find((each) => each.id === id) ?? blocks.find((each) => each.id.toLowerCase() === id.toLowerCase());
  if (block !== undefined) return block;
  const shown = blocks.slice(0, maxShownBlocks).map((each) => `^${short(each.id)}`);
  const there =
    shown.length === 0 ? 'It has none.' : `It has: ${shown.join(', ')}${blocks.length > shown.length ? ', …' : ''}`;
  throw new NotesError('no_match', `${quotePath(path)} has no block ${quotePath(`^${id}`)}. ${there}`);
}

function matchHeadings(note: Outline, wanted: string): readonly Heading[] {
  const marked = /^\s*(#{1,6})[ \t]+(.*)$/s.exec(wanted);
  const name = normalise(marked?.[2] ?? wanted);
  const level = marked?.[1]?.length;
  const isLevel = (heading: Heading) => level === undefined || heading.level === level;
  const exact = note.outline.filter((heading) => isLevel(heading) && isNamed(heading, name, normalise));
  if (exact.length > 0) return exact;
  const steps = wanted
    .split('#')
    .map(normalise)
    .filter((step) => step !== '');
  const led = steps.length < 2 ? [] : note.outline.filter((heading) => hasAncestors(note, heading, steps));
  if (led.length > 0) return led;
  const loose = fold(name);
  return loose === '' ? [] : note.outline.filter((heading) => isLevel(heading) && isNamed(heading, loose, fold));
}

function isNamed(heading: Heading, name: string, by: (text: string) => string): boolean {
  return by(heading.text) === name || by(heading.source) === name;
}

function hasAncestors(note: Outline, heading: Heading, steps: readonly string[]): boolean {
  if (normalise(heading.text) !== steps.at(-1)) return false;
  const trail = trailOf(note, heading).map(normalise).slice(0, -1);
  let left = steps.length - 1;
  while (left > 0 && trail.length > 0) if (trail.pop() === steps[left - 1]) left--;
  return left === 0;
}

/** The texts of the headings from the top to this one. */
function trailOf({ outline }: Outline, heading: Heading): string[] {
  const texts = [heading.text];
  let { level } = heading;
  for (let at = outline.indexOf(heading) - 1; at >= 0 && level > 1; at--) {
    const above = outline[at];
    if (above === undefined || above.level >= level) continue;
    texts.unshift(above.text);
    level = above.level;
  }
  return texts;
}

function noSuchHeading({ outline }: Outline, wanted: string, path: string): NotesError {
  const name = fold(wanted);
  const near =
    name.length < 3 ? [] : outline.filter(({ text }) => fold(text).includes(name) || isPart(name, fold(text)));
  const shown = (near.length > 0 ? near : outline).slice(0, maxShownHeadings);
  const list = shown.map(({ level, text }) => `${'#'.repeat(level)} ${short(text)}`).join(' | ');
  const there =
    shown.length === 0 ? 'It has no headings.' : `${near.length > 0 ? 'Did you mean' : 'Its headings are'}: ${list}`;
  return new NotesError('no_match', `${quotePath(path)} has no heading ${quotePath(wanted)}. ${there}`);
}

function isPart(wanted: string, text: string): boolean {
  return text.length >= 3 && wanted.includes(text);
}

function normalise(text: string): string {
  return normalizeText(text.trim());
}

function fold(text: string): string {
  return foldText(text.replaceAll('#', ''));
}

function short(text: string): string {
  return text.length > shownCharacters ? `${text.slice(0, shownCharacters)}…` : text;
}
