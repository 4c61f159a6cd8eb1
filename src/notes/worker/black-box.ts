/** What two threads share so that each knows of the other without a message: it outlives a worker that hangs or dies. */
export interface SharedMemory {
  readonly numbers: SharedArrayBuffer;
  readonly text: SharedArrayBuffer;
}

const heartbeatAt = 0;
const callAt = 1;
const textLengthAt = 2;
const cancelledFrom = 3;
const cancelledSlots = 1024;
const maxTextBytes = 16_384;

/** Returns the memory for one worker. */
export function createSharedMemory(): SharedMemory {
  return {
    numbers: new SharedArrayBuffer(4 * (cancelledFrom + cancelledSlots)),
    text: new SharedArrayBuffer(maxTextBytes),
  };
}

/** Which version of which file is looked at. */
export interface FileVersion {
  readonly path: string;
  readonly version: string;
}

/** The worker's side: says what it is at, and asks whether a call is still wanted. */
export class BlackBox {
  readonly #numbers: Int32Array;
  readonly #text: Uint8Array;
  readonly #encoder = new TextEncoder();

  constructor({ numbers, text }: SharedMemory) {
    this.#numbers = new Int32Array(numbers);
    this.#text = new Uint8Array(text);
  }

  beat(): void {
    Atomics.add(this.#numbers, heartbeatAt, 1);
  }

  enterCall(id: number): void {
    Atomics.store(this.#numbers, callAt, id);
  }

  leaveCall(): void {
    Atomics.store(this.#numbers, callAt, 0);
    this.leaveFile();
  }

  /** From now on a crash or standstill is this file's fault. */
  enterFile(path: string, version: string): void {
    const { written } = this.#encoder.encodeInto(`${version}\0${path}`, this.#text);
    Atomics.store(this.#numbers, textLengthAt, written);
  }

  leaveFile(): void {
    Atomics.store(this.#numbers, textLengthAt, 0);
  }

  isCancelled(id: number): boolean {
    return Atomics.load(this.#numbers, slotOf(id)) === id;
  }
}

/** The main thread's side. */
export class BlackBoxReader {
  readonly #numbers: Int32Array;
  readonly #text: Uint8Array;

  constructor({ numbers, text }: SharedMemory) {
    this.#numbers = new Int32Array(numbers);
    this.#text = new Uint8Array(text);
  }

  heartbeats(): number {
    return Atomics.load(this.#numbers, heartbeatAt);
  }

  /** The call that the worker is, or ended, in; 0 for none. */
  call(): number {
    return Atomics.load(this.#numbers, callAt);
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
}

/** A later call of the same slot is another one, so that a collision only lets a cancelled call go on. */
function slotOf(id: number): number {
  return cancelledFrom + (id % cancelledSlots);
}
