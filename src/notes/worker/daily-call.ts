import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { systemErrorCode } from '../../errors.js';
import {
  type DailySettings,
  dailyPath,
  dailySettingsPaths,
  defaultFormat,
  fillTemplate,
  notePath,
  parseDailySettings,
  today,
} from '../daily/daily-note.js';
import { NotesError } from '../errors.js';
import { noteName, quotePath } from '../files/note-path.js';
import type { DailyChange, DailyNote } from '../notes.js';
import { changeNote, insertIntoNote } from './change-note.js';
import { describeNote } from './read-calls.js';
import type { VaultContext } from './vault-context.js';

const maxSettingsBytes = 65_536;
/** What stands before an addition says where it went. */
const linesBefore = 2;

/** Opens the note of a day, creates it if asked, and adds text to it. Throws NotesError; `not_found` if it may not create it. */
export function openDaily(context: VaultContext, change: DailyChange): DailyNote {
  const now = new Date();
  const { date = today(now), text, heading, create = text !== undefined, maxChars } = change;
  const settings = dailySettings(context);
  const path = dailyPath(settings, date);
  let created = false;
  let warning: string | undefined;
  if (!exists(context, path)) {
    if (!create) {
      throw new NotesError(
        'not_found',
        `There is no daily note of ${date} yet (it would be ${quotePath(path)}). To create it, give text, or set create to true.`,
      );
    }
    const begun = templateText(context, settings, { title: noteName(path), date, now });
    warning = begun.warning;
    // An addition makes the note by itself, so that one that is refused leaves no empty note behind.
    if (text === undefined || begun.text !== '') {
      created = changeNote(context, path, { create: true }, (note, before) =>
        before ? note.text : begun.text,
      ).created;
    }
  }
  const inserted = text === undefined ? undefined : insertIntoNote(context, { path, text, create: true, heading });
  const startLine = inserted === undefined ? 1 : Math.max(1, inserted.line - linesBefore);
  return {
    note: describeNote(context.source.load(path), { startLine, maxChars }),
    created: created || inserted?.created === true,
    ...(inserted === undefined ? {} : { line: inserted.line }),
    ...(warning === undefined ? {} : { warning }),
  };
}

/** The operator's settings, else the vault's own, else Obsidian's defaults. */
function dailySettings({ settings, bounds }: VaultContext): DailySettings {
  const { dailyFolder, dailyFormat } = settings;
  const own = dailySettingsPaths
    .map((path) => parseDailySettings(readSettings(join(bounds.root, path))))
    .find((found) => found !== undefined) ?? { folder: '', format: defaultFormat, template: undefined };
  return { ...own, folder: dailyFolder ?? own.folder, format: dailyFormat ?? own.format };
}

/** A file of settings is the owner's: it may be a link, as it is when several vaults share their settings. */
function readSettings(path: string): string {
  try {
    const stats = statSync(path);
    return stats.isFile() && stats.size <= maxSettingsBytes ? readFileSync(path, 'utf8') : '';
  } catch (error) {
    if (systemErrorCode(error) === undefined) throw error;
    return '';
  }
}

function exists({ source }: VaultContext, path: string): boolean {
  try {
    source.load(path);
    return true;
  } catch (error) {
    if (error instanceof NotesError && error.code === 'not_found') return false;
    throw error;
  }
}

/** What a new note begins with. A template that cannot be read is no reason to lose what is to be written down. */
function templateText(
  { source }: VaultContext,
  { template }: DailySettings,
  day: Parameters<typeof fillTemplate>[1],
): { text: string; warning?: string } {
  if (template === undefined) return { text: '' };
  try {
    return { text: fillTemplate(source.load(notePath(template)).note.text, day) };
  } catch (error) {
    if (!(error instanceof NotesError)) throw error;
    return { text: '', warning: `The template of the daily notes was not used: ${error.message}` };
  }
}
