import type { NotesErrorCode } from './errors.js';

/**
 * The notes of one folder, as the main thread sees them. The worker thread answers every call. Paths are relative to the
 * vault, with `/` between the parts; they are confined to the vault at the moment of use. Failures are NotesError: `cancelled` when
 * the signal was aborted first, `too_slow` when the watchdog ended the call, `not_found` with the nearest paths in its
 * message. Lists inside an answer are bounded; where something was left out, a total says how much there is.
 */
export interface Notes {
  /** The absolute real path of the folder. */
  readonly root: string;
  /** Notes in path order, page by page. */
  list(query: ListQuery, signal?: AbortSignal): Promise<ListPage>;
  /** One result for each path, in order; a path that cannot be read is a result too. At most 20 paths. */
  read(query: ReadQuery, signal?: AbortSignal): Promise<readonly ReadResult[]>;
  /** Creates a note, or replaces one with `ifMatch` or `overwrite`, keeping its byte order mark and line endings. */
  write(change: WriteChange): Promise<{ path: string; created: boolean; hash: string; problem?: string }>;
  /** Replaces the exact occurrences of `oldText`. */
  edit(change: EditChange): Promise<{ path: string; hash: string; replacements: number; problem?: string }>;
  /** Adds whole lines under a heading or to the note, or replaces the text under a heading. */
  insert(change: InsertChange): Promise<InsertedText>;
  /** Sets and removes frontmatter fields; every other line stays byte for byte as it was. */
  editFrontmatter(change: FrontmatterFields): Promise<{ path: string; hash: string }>;
  /** Opens the note of a day. Can create it by the vault's settings, and append to it. */
  daily(change: DailyChange): Promise<DailyNote>;
  /** Moves or renames a note, an attachment or a folder; links and canvas nodes keep their targets. */
  move(change: MoveChange, signal?: AbortSignal): Promise<Moved>;
  /** Moves a note or attachment into `.trash`. */
  trash(change: { path: string; ifMatch?: string }): Promise<{ path: string; trashPath: string }>;
  /** The links of a note to files, and those of other notes and canvases to it, each at most `limit`. `path` may be an attachment. */
  links(query: { path: string; limit: number }, signal?: AbortSignal): Promise<NoteLinks>;
  /** Every tag with the number of notes that have it, most used first. */
  tags(
    query: { limit: number; folder?: string },
    signal?: AbortSignal,
  ): Promise<{ tags: readonly TagCount[]; total: number }>;
  /** The notes changed last, newest first. */
  recent(
    query: { limit: number; sinceMs?: number; folder?: string },
    signal?: AbortSignal,
  ): Promise<readonly NoteSummary[]>;
  /** Counts over all notes, active notes (at most 50) and the ten changed last. */
  summary(signal?: AbortSignal): Promise<VaultSummary>;
  /** Paths, tags, statuses or folders that begin with or contain `value`, those that begin with it first; at most 100. */
  complete(query: CompleteQuery, signal?: AbortSignal): Promise<{ values: readonly string[]; total: number }>;
  /** Sections that match, best first. */
  search(query: SearchQuery, signal?: AbortSignal): Promise<SearchAnswer>;
  /** Reads every note again; undefined while the first pass is still running. */
  reindex(signal?: AbortSignal): Promise<{ files: number; chunks: number; seconds: number } | undefined>;
  /** The last status from the worker; no I/O. */
  status(): NotesStatus;
  close(): Promise<void>;
}

export type NoteStatus = 'Active' | 'Pending' | 'Paused' | 'Done';

export type PropertyValue =
  | string
  | number
  | boolean
  | null
  | readonly PropertyValue[]
  | { readonly [key: string]: PropertyValue };

/** A note in a list. */
export interface NoteSummary {
  /** In the Unicode form that the disk has. */
  readonly path: string;
  readonly title: string;
  /** The top-level folder, or `root` for notes beside the folders. */
  readonly domain: string;
  /** The group of the note's status; absent if it is in no group. */
  readonly status?: NoteStatus;
  /** The status as it is written, when it is in no group. */
  readonly statusText?: string;
  readonly created?: string;
  readonly updated?: string;
  /** Without `#`, from the frontmatter and the text, each once; at most 50, in a list 20 cut to 200 characters. */
  readonly tags: readonly string[];
  /** At most 20, in a list cut to 200 characters. */
  readonly aliases: readonly string[];
  /** Bytes. */
  readonly size: number;
  readonly modifiedMs: number;
  /** Why the note or its frontmatter cannot be read, in a few words. The other members may then be incomplete. */
  readonly problem?: string;
}

/** Filters of notes. Absent and empty filters match every note. Case, Unicode form and a leading `./` are ignored. */
export interface NoteFilter {
  /** Notes in this folder and below it. */
  readonly folder?: string;
  /** The top-level folder, or `root`. */
  readonly domain?: string;
  /** A group (`Active`) or a status as it is written (`Blocked`). */
  readonly status?: string;
  /** With or without `#`; nested tags (`a/b` for `a`) match too. */
  readonly tag?: string;
  /** Each property of the frontmatter or of a `**Key:** Value` line has this value, or has it in its list; `*` for any value. */
  readonly where?: Readonly<Record<string, string | number | boolean | null>>;
  readonly modifiedSinceMs?: number;
}

export interface ListQuery extends NoteFilter {
  /** 50 by default, at most 1000. */
  readonly limit?: number;
  /** `nextCursor` of the page before. */
  readonly cursor?: string;
}

export interface ListPage {
  readonly notes: readonly NoteSummary[];
  /** The folders right below `folder` that have matching notes, with how many are in and below them; on the first page only, at most 200. */
  readonly folders: readonly { readonly path: string; readonly notes: number }[];
  /** Notes that match, on all pages. */
  readonly total: number;
  readonly nextCursor?: string;
}

/** The wanted part of a file; at most one of section, block, lines and outline. */
export interface ReadQuery {
  readonly paths: readonly string[];
  /** The section under this heading, of any level: its text, or `Parent#Child` where that is not unique. */
  readonly section?: string;
  /** The block that ends in `^block`; with or without `^`. */
  readonly block?: string;
  /** Lines, from 1. */
  readonly startLine?: number;
  readonly endLine?: number;
  /** Only the headings, as `outline`; `text` is empty. */
  readonly outline?: boolean;
  /** In UTF-16 units, or in headings of an outline, from the start of the wanted part; `nextOffset` of the previous read. */
  readonly offset?: number;
  /** Of text in one result; a line is not cut when it can be helped. */
  readonly maxChars: number;
}

export type ReadResult = ReadNote | ReadText | ReadImage | ReadFailure;

export interface Passage {
  readonly text: string;
  readonly firstLine: number;
  readonly lastLine: number;
  readonly totalLines: number;
  /** The offset of the next part; absent at the end. */
  readonly nextOffset?: number;
}

export interface ReadNote extends NoteSummary, Passage {
  readonly kind: 'note';
  /** SHA-256 in hex of the bytes on disk. */
  readonly hash: string;
  /** The first 100 headings; when `outline` was asked for 200 of them, from the `offset`th on. */
  readonly outline: readonly Heading[];
  readonly totalHeadings: number;
  /** The files that it links to, as written, each once; at most 100. */
  readonly crossReferences: readonly string[];
  readonly totalCrossReferences: number;
  /** `**Key:** Value` lines and further properties of the frontmatter as text; at most 50 of 500 characters. */
  readonly other: Readonly<Record<string, string>>;
}

/** A canvas, CSV or other text file; a canvas as its nodes' texts and files. */
export interface ReadText extends Passage {
  readonly kind: 'text';
  readonly path: string;
  readonly mimeType: string;
  readonly hash: string;
  readonly size: number;
  readonly modifiedMs: number;
}

export interface ReadImage {
  readonly kind: 'image';
  readonly path: string;
  readonly mimeType: string;
  readonly bytes: Uint8Array;
  readonly modifiedMs: number;
}

export interface ReadFailure {
  readonly kind: 'failure';
  readonly path: string;
  readonly code: NotesErrorCode;
  readonly message: string;
}

export interface Heading {
  /** 1 to 6. */
  readonly level: number;
  readonly text: string;
  /** From 1. */
  readonly line: number;
}

export interface Change {
  readonly path: string;
  /** The hash that the note must still have. */
  readonly ifMatch?: string;
}

export interface WriteChange extends Change {
  readonly content: string;
  /** Replace an existing note without naming its hash. */
  readonly overwrite?: boolean;
}

export interface EditChange extends Change {
  readonly oldText: string;
  readonly newText: string;
  /** How often `oldText` must occur; 1 by default. */
  readonly expectedReplacements?: number;
}

export interface InsertChange extends Change {
  readonly text: string;
  /** The heading to insert under; the whole note by default. Its exact text, or `Parent#Child` where that is not unique. */
  readonly heading?: string | undefined;
  /** `end` by default: before the next heading of any level. `replace` needs a heading and replaces the text under it with its sub-sections. */
  readonly position?: 'start' | 'end' | 'replace' | undefined;
  /** Create the note or the heading if it is missing. */
  readonly create?: boolean | undefined;
}

export interface InsertedText {
  readonly path: string;
  readonly hash: string;
  /** Where the text begins, from 1. */
  readonly line: number;
  readonly created: boolean;
  readonly problem?: string;
}

export interface FrontmatterFields extends Change {
  readonly set?: Readonly<Record<string, PropertyValue>>;
  readonly remove?: readonly string[];
}

export interface DailyChange {
  /** `YYYY-MM-DD`; today, in the server's time zone by default. */
  readonly date?: string;
  /** Appended to the note. A missing note is created. */
  readonly text?: string;
  readonly heading?: string;
  /** Create a missing note from its template; true if `text` is given. */
  readonly create?: boolean;
  readonly maxChars: number;
}

export interface DailyNote {
  readonly note: ReadNote;
  readonly created: boolean;
  /** Where the appended text begins; the text in `note` begins just before it. */
  readonly line?: number;
  /** Why the vault's own template was not used. */
  readonly warning?: string;
}

export interface MoveChange {
  readonly from: string;
  /** A path that nothing has; ending in `/`, or without an ending for a folder, the folder to move to. */
  readonly to: string;
  readonly ifMatch?: string;
}

export interface Moved {
  readonly kind: 'note' | 'attachment' | 'folder';
  readonly from: string;
  readonly to: string;
  /** Files that moved; more than one for a folder. */
  readonly files: number;
  /** The notes and canvases in which links were rewritten, with how many; at most 200. */
  readonly rewritten: readonly { readonly path: string; readonly links: number }[];
  readonly totalRewritten: number;
  /** Links that could not be updated, with the reason; at most 200. */
  readonly failed: readonly { readonly path: string; readonly reason: string }[];
  readonly totalFailed: number;
}

export interface NoteLinks {
  readonly path: string;
  readonly links: readonly OutgoingLink[];
  readonly totalLinks: number;
  readonly backlinks: readonly Backlink[];
  readonly totalBacklinks: number;
}

export interface OutgoingLink {
  /** The file as the note names it. */
  readonly target: string;
  /** `#heading` or `#^block`, or empty. */
  readonly anchor: string;
  /** From 1; 0 in a canvas. */
  readonly line: number;
  /** The note or attachment that it leads to; absent for a broken link. */
  readonly path?: string;
}

export interface Backlink {
  /** The note or canvas that has the link. */
  readonly path: string;
  readonly title: string;
  /** From 1; 0 in a canvas. */
  readonly line: number;
  readonly anchor: string;
}

export interface TagCount {
  readonly tag: string;
  readonly notes: number;
}

export interface VaultSummary {
  readonly total: number;
  readonly attachments: number;
  /** Most notes first, at most 200. */
  readonly byDomain: readonly { readonly name: string; readonly notes: number }[];
  /** Groups, statuses as written, and `None`; most notes first, at most 50. */
  readonly byStatus: readonly { readonly name: string; readonly notes: number }[];
  readonly active: readonly NoteSummary[];
  readonly totalActive: number;
  readonly recent: readonly NoteSummary[];
  /** Notes with a problem, at most 20. */
  readonly problems: readonly NoteSummary[];
  readonly totalProblems: number;
}

export interface CompleteQuery {
  readonly what: 'path' | 'tag' | 'folder' | 'status';
  readonly value: string;
}

export interface SearchQuery extends NoteFilter {
  readonly text: string;
  /** Hits at most. */
  readonly limit: number;
  /** Sections of one note at most; 1 by default. */
  readonly perNote?: number;
}

export interface SearchHit {
  readonly path: string;
  readonly title: string;
  /** The heading of the section, empty for what precedes the first. */
  readonly section: string;
  readonly score: number;
  /** The passage that matched. */
  readonly text: string;
  /** The passage's first and last line in the note, from 1. */
  readonly line: number;
  readonly endLine: number;
  /** What found it. */
  readonly by: 'words' | 'meaning' | 'both';
}

export interface SearchAnswer {
  readonly hits: readonly SearchHit[];
  readonly status: NotesStatus;
  /** Whether nearness of meaning counted; absent when it is off. */
  readonly isByMeaning?: boolean;
}

export interface NotesStatus {
  /** False until the first pass over the folder is done. Until then answers come from the existing catalogue. */
  readonly ready: boolean;
  /** Notes found in the folder; grows while the first pass runs. */
  readonly files: number;
  /** Notes of these that the catalogue has as they are on disk. */
  readonly indexed: number;
  /** Sections that a search sees. */
  readonly chunks: number;
  /** Notes that cannot be read. */
  readonly problems: number;
}
