import type { Log } from '../../log.js';
import type { Catalogue } from '../catalogue/catalogue.js';
import type { VaultFollower } from '../catalogue/follow-vault.js';
import type { Bounds } from '../files/locate.js';
import type { NoteSource } from './note-source.js';
import type { WorkerSettings } from './protocol.js';

/** What every call works with. */
export interface VaultContext {
  readonly settings: WorkerSettings;
  readonly bounds: Bounds;
  readonly source: NoteSource;
  readonly catalogue: Catalogue;
  readonly follower: VaultFollower;
  readonly log: Log;
  /** The catalogue cannot go on: this worker ends. */
  readonly onBroken: (error: unknown) => void;
}
