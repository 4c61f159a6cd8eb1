/**
 * What a look at the state file found. `partly`: some records are not sound; `older`: version 1, to be imported;
 * `corrupt`: no JSON; `newer`: of a later version; `other`: JSON that is no state file; `irregular`: no regular file;
 * `foreign`: somebody else could have put it there; `failed`: a call failed, so nothing is known about the content.
 */
export type Found =
  | 'good'
  | 'partly'
  | 'older'
  | 'corrupt'
  | 'newer'
  | 'other'
  | 'irregular'
  | 'foreign'
  | 'missing'
  | 'failed';

export interface Situation {
  /** `nothing`: no content was read yet; `empty`: it has nothing to lose; `good`: it came from the file, or will be saved there. */
  readonly memory: 'nothing' | 'empty' | 'good';
  readonly found: Found;
  /** The content has not changed for so long that nobody is still writing it. */
  readonly settled: boolean;
  readonly phase: 'starting' | 'running' | 'closing';
}

export interface Decision {
  /** What the server answers from; with `nothing`, clients are asked to try again. */
  readonly serve: 'file' | 'memory' | 'nothing';
  /** What the next save may write: the changes, everything (even without a change), or nothing while the file is in this state. */
  readonly save: 'changes' | 'everything' | 'nothing';
  /** The file's content is kept under another name before it is replaced. */
  readonly keepAside: boolean;
  /** The server does not start. */
  readonly refuse: boolean;
}

/** Decides what a server does with the file that it found. Only content makes a file bad. A good state in memory is never discarded. */
export function decide({ memory, found, settled, phase }: Situation): Decision {
  const wait: Decision = { ...usual, serve: memory === 'nothing' ? 'nothing' : 'memory', save: 'nothing' };
  const replace: Decision = { serve: 'memory', save: 'everything', keepAside: true, refuse: false };
  const isWorthSaving = memory !== 'nothing';
  switch (found) {
    case 'good':
      return usual;
    case 'partly':
      return { ...usual, save: 'everything', keepAside: true };
    case 'missing':
      return { ...usual, serve: 'memory', save: 'everything' };
    case 'failed':
      return wait;
    case 'older':
      if (memory !== 'good') return { ...usual, save: 'everything' };
      return settled || phase === 'closing' ? replace : wait;
    case 'corrupt':
      return settled || (phase === 'closing' && isWorthSaving) ? replace : wait;
    case 'other':
    case 'foreign':
      if (phase === 'starting') return { ...wait, refuse: true };
      return isWorthSaving && (settled || phase === 'closing') ? replace : wait;
    case 'newer':
    case 'irregular':
      return { ...wait, refuse: phase === 'starting' };
  }
}

const usual: Decision = { serve: 'file', save: 'changes', keepAside: false, refuse: false };
