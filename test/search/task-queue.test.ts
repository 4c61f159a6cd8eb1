import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createTaskQueue } from '../../src/search/task-queue.js';

/** A queue whose tasks end when the test says so. */
function createHeldQueue(concurrency: number) {
  const started: string[] = [];
  const ends: (() => void)[] = [];
  const run = (key: string) =>
    new Promise<void>((resolve) => {
      started.push(key);
      ends.push(resolve);
    });
  return { queue: createTaskQueue(run, concurrency), started, endNext: () => ends.shift()?.() };
}

test('a few at once, each key once, urgent ones first', async () => {
  const { queue, started, endNext } = createHeldQueue(1);
  const added = ['a', 'b', 'c', 'b'].map((key) => queue.add(key));
  const urgent = queue.add('c', { isUrgent: true });
  for (const done of [added[0], urgent, added[1]]) {
    endNext();
    await done;
  }
  await Promise.all(added);
  assert.deepEqual(started, ['a', 'c', 'b']);
});

test('a key asked for while it runs gets another run, alone', async () => {
  const { queue, started, endNext } = createHeldQueue(4);
  const first = queue.add('a');
  const second = queue.add('a');
  assert.deepEqual(started, ['a']);
  endNext();
  await first;
  assert.deepEqual(started, ['a', 'a']);
  endNext();
  await second;
});

test('a pause keeps what waits; closing lets go of it and waits for what runs', async () => {
  const { queue, started, endNext } = createHeldQueue(1);
  queue.pause();
  const waiting = queue.add('a');
  assert.deepEqual(started, []);
  queue.resume();
  assert.deepEqual(started, ['a']);
  const dropped = queue.add('b');
  const closed = queue.close();
  await dropped;
  endNext();
  await Promise.all([waiting, closed]);
  await queue.add('c');
  assert.deepEqual(started, ['a']);
});
