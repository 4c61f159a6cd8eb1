import process from 'node:process';
import { isMainThread } from 'node:worker_threads';

/** Loaded before the worker's own code (`--import`): notes that say so stop the thread that reads them, end it, or cost it a second. */
if (!isMainThread) {
  const { toString: decode } = Buffer.prototype;
  Buffer.prototype.toString = function (...args: Parameters<typeof decode>) {
    const text = decode.apply(this, args);
    if (text.includes('STAND STILL')) for (;;);
    if (text.includes('END THE READER')) process.exit(1);
    if (text.includes('BE SLOW')) compute(1000);
    return text;
  };
}

/** Uses the processor for so long, however long that takes. */
function compute(ms: number): void {
  const began = process.cpuUsage();
  for (let spentMs = 0; spentMs < ms; ) {
    const { user, system } = process.cpuUsage(began);
    spentMs = (user + system) / 1000;
  }
}
