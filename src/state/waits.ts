/** How long the state's parts wait for each other and for the disk, in milliseconds; tests shorten them. */
export interface StateWaits {
  /** For the lock of another process. */
  readonly lockMs: number;
  /** A holder that shows no sign of life for so long, by the contender's own clock, loses the lock. */
  readonly takeoverMs: number;
  /** A file that stays bad for so long is not being written by somebody, but damaged. */
  readonly settledMs: number;
  /** Between two looks at the file. */
  readonly pollMs: number;
  /** At the start, for the first save, before requests are served meanwhile. */
  readonly firstSaveMs: number;
  /** At most, between two attempts to save. */
  readonly longestRetryMs: number;
}

export const serverWaits: StateWaits = {
  lockMs: 10_000,
  takeoverMs: 5_000,
  settledMs: 5_000,
  pollMs: 400,
  firstSaveMs: 500,
  longestRetryMs: 500,
};

/** A command waits longer, so that it gets its turn after a server that gave up. */
export const commandWaits: StateWaits = { ...serverWaits, lockMs: 15_000 };
