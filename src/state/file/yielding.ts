import { setImmediate } from 'node:timers/promises';

const sliceMs = 5;

/** Returns a function to await between pieces of work: it lets the event loop run once a slice is used up. */
export function createYield(): () => Promise<void> | undefined {
  let sliceEnd = performance.now() + sliceMs;
  return () => {
    if (performance.now() < sliceEnd) return undefined;
    return setImmediate().then(() => {
      sliceEnd = performance.now() + sliceMs;
    });
  };
}
