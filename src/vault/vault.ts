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

export interface WriteOptions {
  /** The hash that the note must still have. */
  readonly ifMatch?: string;
  /** Replace an existing note without naming its hash. */
  readonly overwrite?: boolean;
}

export interface EditOptions {
  readonly ifMatch?: string;
  /** How often `oldText` must occur; 1 unless told. */
  readonly expectedReplacements?: number;
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
}
