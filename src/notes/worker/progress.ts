const heartbeatAt = 0;
const callAt = 1;
const textLengthAt = 2;
const cancelledFrom = 3;
const cancelledSlots = 1024;
const textFrom = cancelledFrom + cancelledSlots;
const maxTextBytes = 16_384;

/** Which version of which file is looked at. */
export interface FileVersion {
  readonly path: string;
  readonly version: string;
}

/** What two threads share so that each knows of the other without a message: it outlives a worker that hangs or dies. */
export class SharedProgress {
  readonly memory: SharedArrayBuffer;
  readonly #numbers: Int32Array;
  readonly #text: Uint8Array;
  readonly #encoder = new TextEncoder();

  /** The worker gives the memory that the main thread's has. */
  constructor(memory = new SharedArrayBuffer(4 * textFrom + maxTextBytes)) {
    this.memory = memory;
    this.#numbers = new Int32Array(memory, 0, textFrom);
    this.#text = new Uint8Array(memory, 4 * textFrom);
  }

  beat(): void {
    Atomics.add(this.#numbers, heartbeatAt, 1);
  }

  heartbeats(): number {
    return Atomics.load(this.#numbers, heartbeatAt);
  }

  enterCall(id: number): void {
    Atomics.store(this.#numbers, callAt, id);
  }

  leaveCall(): void {
    this.enterCall(0);
    this.leaveFile();
  }

  /** The call that the worker is, or ended, in; 0 for none. */
  call(): number {
    return Atomics.load(this.#numbers, callAt);
  }

  /** From now on a crash or standstill is this file's fault. */
  enterFile(path: string, version: string): void {
    const { written } = this.#encoder.encodeInto(`${version}\0${path}`, this.#text);
    Atomics.store(this.#numbers, textLengthAt, written);
  }

  leaveFile(): void {
    Atomics.store(this.#numbers, textLengthAt, 0);
  }

  /** The file that the worker is, or ended, in. */
  file(): FileVersion | undefined {
    const length = Atomics.load(this.#numbers, textLengthAt);
    if (length === 0) return undefined;
    const [version = '', path = ''] = Buffer.from(this.#text.slice(0, length)).toString().split('\0');
    return { path, version };
  }

  cancel(id: number): void {
    Atomics.store(this.#numbers, slotOf(id), id);
  }

  isCancelled(id: number): boolean {
    return Atomics.load(this.#numbers, slotOf(id)) === id;
  }
}

/** A later call of the same slot is another one, so that a collision only lets a cancelled call go on. */
function slotOf(id: number): number {
  return cancelledFrom + (id % cancelledSlots);
}
