import { isMainThread } from 'node:worker_threads';

/** Loaded before the worker's own code (`--import`): notes that say so stop the thread that reads them, or end it. */
if (!isMainThread) {
  const { decode } = TextDecoder.prototype;
  TextDecoder.prototype.decode = function (...args) {
    const text = decode.apply(this, args);
    if (text.includes('STAND STILL')) for (;;);
    if (text.includes('END THE READER')) process.exit(1);
    return text;
  };
}
