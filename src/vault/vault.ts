import type { FrontmatterChange } from './edit-frontmatter.js';
import type { VaultErrorCode } from './errors.js';

export type NoteStatus = 'Active' | 'Pending' | 'Paused' | 'Done';

/** What the first lines of a note say of it. */
export interface NoteMetadata {
  readonly title: string;
  /** The top-level folder, or `root` for notes beside the folders. */
  readonly domain: string;
  readonly status: NoteStatus | undefined;
  readonly created: string | undefined;
  readonly updated: string | undefined;
  /** Without `#`, from the frontmatter and the text, each once. */
  readonly tags: readonly string[];
  /** The `## ` headings. */
  readonly sections: readonly string[];
  /** The files that it links to, as written. */
  readonly crossReferences: readonly string[];
  /** Further `**Key:** Value` lines of the first 15. */
  readonly other: Readonly<Record<string, string>>;
}

export interface Note {
  /** Relative to the vault, `/` between the parts, in the Unicode form that the disk has. */
  readonly path: string;
  /** The text without its byte order mark. */
  readonly text: string;
  /** SHA-256 in hex of the bytes on disk. */
  readonly hash: string;
  readonly modifiedMs: number;
  readonly metadata: NoteMetadata;
}

export interface NoteStat {
  readonly path: string;
  readonly size: number;
  readonly modifiedMs: number;
}

/** A note in the catalogue of the vault. */
export interface NoteSummary extends NoteStat {
  readonly metadata: NoteMetadata;
  /** Why the note cannot be read (`not_text`, `too_large`, `unreadable`, …); its metadata then says no more than its name. */
  readonly problem: VaultErrorCode | undefined;
}

export interface IfMatch {
  /** The hash that the note must still have. */
  readonly ifMatch?: string;
}

export interface WriteOptions extends IfMatch {
  /** Replace an existing note without naming its hash. */
  readonly overwrite?: boolean;
}

export interface EditOptions extends IfMatch {
  /** How often `oldText` must occur; 1 unless told. */
  readonly expectedReplacements?: number;
}

export interface InsertOptions extends IfMatch {
  /** The heading to insert under; the whole note unless told. Its exact text, or `Parent#Child` where that is not unique. */
  readonly heading?: string;
  /** `end` unless told: before the next heading of any level. */
  readonly position?: 'start' | 'end';
}

export interface MovedNote {
  readonly from: string;
  readonly to: string;
  /** The notes in which links were rewritten, with how many. */
  readonly rewritten: readonly { readonly path: string; readonly links: number }[];
  /** The notes in which links still lead to the old place, with the reason. */
  readonly failed: readonly { readonly path: string; readonly reason: string }[];
}

export interface OutgoingLink {
  /** The file as the note names it. */
  readonly target: string;
  /** `#heading` or `#^block`, or empty. */
  readonly anchor: string;
  /** From 1. */
  readonly line: number;
  /** The note or attachment that it leads to; undefined for a broken link. */
  readonly path: string | undefined;
}

export interface Backlink {
  /** The note that has the link. */
  readonly path: string;
  readonly title: string;
  /** From 1. */
  readonly line: number;
  /** `#heading` or `#^block`, or empty. */
  readonly anchor: string;
}

/** One folder of Markdown notes; every path is confined to it at the moment of use. Failures are VaultError. */
export interface Vault {
  /** The absolute real path of the folder. */
  readonly root: string;
  /** Every listed note (`.md`; no hidden, `_` or ignored parts), in path order. */
  list(): Promise<NoteStat[]>;
  /** True for a path that `list` would give if a note were there; no I/O. */
  isListed(path: string): boolean;
  read(path: string): Promise<Note>;
  /** Creates a note, or replaces one with `ifMatch` or `overwrite`, keeping its byte order mark and line endings. */
  write(
    path: string,
    content: string,
    options?: WriteOptions,
  ): Promise<{ path: string; created: boolean; hash: string }>;
  /** Replaces the exact occurrences of `oldText`. */
  edit(
    path: string,
    oldText: string,
    newText: string,
    options?: EditOptions,
  ): Promise<{ path: string; hash: string; replacements: number }>;
  /** Adds whole lines under a heading, or to the note; `line` is where they begin. */
  insert(path: string, text: string, options?: InsertOptions): Promise<{ path: string; hash: string; line: number }>;
  /** Sets and removes frontmatter fields; every other line stays byte for byte as it was. */
  editFrontmatter(path: string, change: FrontmatterChange, options?: IfMatch): Promise<{ path: string; hash: string }>;
  /** Moves or renames a note; the links of all notes go on leading to what they led to. */
  move(from: string, to: string, options?: IfMatch): Promise<MovedNote>;
  /** Moves a note into `.trash`. */
  trash(path: string, options?: IfMatch): Promise<{ path: string; trashPath: string }>;
  /** Every listed note with its metadata, in path order; only notes that changed since the last call are read. */
  catalogue(): Promise<readonly NoteSummary[]>;
  /** The links of a note to files, in order. */
  outgoingLinks(path: string): Promise<OutgoingLink[]>;
  /** The links of other notes to a note, by path and line. */
  backlinks(path: string): Promise<Backlink[]>;
  /** Every tag with the number of notes that have it, most used first. */
  tags(): Promise<{ tag: string; notes: number }[]>;
  /** The notes changed last, newest first. */
  recent(options: { limit: number; sinceMs?: number }): Promise<NoteSummary[]>;
}
