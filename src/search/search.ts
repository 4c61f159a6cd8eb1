export interface SearchHit {
  readonly path: string;
  readonly title: string;
  /** The `## ` heading, or an empty string for what precedes the first. */
  readonly section: string;
  readonly score: number;
  readonly text: string;
  /** The chunk's first line, from 1. */
  readonly line: number;
}

export interface IndexStatus {
  /** False until the first pass over the vault is done; search answers with what it has before that. */
  readonly ready: boolean;
  readonly files: number;
  readonly chunks: number;
}

/** Full-text search over a vault, kept up to date by its watcher. */
export interface SearchIndex {
  search(query: string, limit: number): readonly SearchHit[];
  /** Rebuilds from disk; undefined while the first pass is still running. */
  reindex(): Promise<{ files: number; chunks: number; seconds: number } | undefined>;
  /** Tells the index that this process changed or removed a note; resolves when a search sees it. */
  noteChanged(path: string): Promise<void>;
  status(): IndexStatus;
  close(): Promise<void>;
}
