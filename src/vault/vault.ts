/** What the first lines of a note say of it. */
export interface NoteMetadata {
  readonly title: string;
  /** The top-level folder, or `root` for notes beside the folders. */
  readonly domain: string;
  readonly status: 'Active' | 'Pending' | 'Paused' | 'Done' | undefined;
  readonly created: string | undefined;
  readonly updated: string | undefined;
  readonly sections: readonly string[];
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

/** One folder of Markdown notes; every path is confined to it at the moment of use. Failures are VaultError. */
export interface Vault {
  /** The absolute real path of the folder. */
  readonly root: string;
  /** Every listed note (`.md`; no hidden or `_` parts), in path order. */
  list(): Promise<NoteStat[]>;
  read(path: string): Promise<Note>;
  /** Creates or overwrites, keeping the byte order mark and line endings of what was there. */
  write(path: string, content: string): Promise<{ path: string; created: boolean; hash: string }>;
  /** Replaces the one exact occurrence of `oldText`. */
  edit(path: string, oldText: string, newText: string): Promise<{ path: string; hash: string }>;
}
