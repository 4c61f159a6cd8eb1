import { closeSync, openSync } from 'node:fs';
import process from 'node:process';
import { type CommandStore, openCommandStore } from '../../src/state/store/open-command-store.js';
import { openServerStore } from '../../src/state/store/open-server-store.js';
import type { StateStore } from '../../src/state/store/store.js';
import type { StateWaits } from '../../src/state/waits.js';
import { forget, recordingLog, register, resource } from '../state/state-fixture.js';
import { increment } from './counting.js';

/** A process with a store in it, which does what its parent asks; see store-process.ts. */
let opened: CommandStore | StateStore | undefined;
const log = recordingLog();
let loading = false;
const lanes = new Set<Promise<void>>();
const descriptors: number[] = [];

function store(): CommandStore | StateStore {
  if (opened === undefined) throw new Error('no store is open');
  return opened;
}

function serverStore(): StateStore {
  const server = store();
  if (!('health' in server)) throw new Error('this is the store of a command');
  return server;
}

const actions = {
  async openServer(path: string, waits: Partial<StateWaits> = {}) {
    const server = await openServerStore({ path, resource, refreshTokenTtlSeconds: 1_000, log, waits });
    opened = server;
    return server.health();
  },
  async openCommand(path: string, waits: Partial<StateWaits> = {}) {
    opened = await openCommandStore(path, waits);
    return process.geteuid?.();
  },
  async become(uid: number) {
    process.setgroups?.([uid]);
    process.setgid?.(uid);
    process.setuid?.(uid);
  },
  async register(id: string) {
    return (await store().update(register(id))).durable;
  },
  async forget(id: string) {
    return (await store().update(forget(id))).durable;
  },
  /** Adds one to a counter in the file `times` times, `width` at once. */
  async count(times: number, width: number) {
    for (let done = 0; done < times; done += width) {
      await Promise.all(Array.from({ length: width }, () => store().update(increment)));
    }
  },
  /** Stops this process while it is inside a transaction, with the lock in its hands. */
  async countAndStopInside() {
    let stopped = false;
    await store().update((draft, at) => {
      if (!stopped) process.kill(process.pid, 'SIGSTOP');
      stopped = true;
      return increment(draft, at);
    });
  },
  async has(id: string) {
    return (await store().freshView()).clients.has(id);
  },
  async logged() {
    return log.lines;
  },
  async look() {
    await store().freshView();
  },
  /** As a request does, which looks whether the file is another one. */
  async hasRecently(id: string) {
    return (await serverStore().recentView()).clients.has(id);
  },
  /** Without a look at the file. */
  async hasNow(id: string) {
    return store().view().clients.has(id);
  },
  async size() {
    return store().view().clients.size;
  },
  async health() {
    return serverStore().health();
  },
  /** Registers and forgets clients without end, and tells the parent what is asked and what is durable. */
  async load(prefix: string) {
    loading = true;
    const lane = async (name: string) => {
      for (let index = 0; loading; index += 1) {
        const id = `${prefix}-${name}-${index}`;
        if ((await store().update(register(id))).durable) tell({ registered: id });
        if (index % 3 !== 2) continue;
        const gone = `${prefix}-${name}-${index - 1}`;
        tell({ forgetting: gone });
        if ((await store().update(forget(gone))).durable) tell({ forgotten: gone });
      }
    };
    for (const name of ['a', 'b', 'c', 'd']) lanes.add(lane(name));
  },
  /** Counts without end, and tells the parent. */
  async loadCount() {
    loading = true;
    while (loading) {
      await store().update(increment);
      tell({ counted: 1 });
    }
  },
  async stopLoad() {
    loading = false;
    await Promise.all(lanes);
    lanes.clear();
  },
  async exhaustDescriptors() {
    try {
      for (;;) descriptors.push(openSync('/dev/null', 'r'));
    } catch {
      return descriptors.length;
    }
  },
  async freeDescriptors() {
    for (const descriptor of descriptors.splice(0)) closeSync(descriptor);
  },
  async close() {
    await store().close();
  },
};

export type Actions = typeof actions;

function tell(event: object): void {
  process.send?.({ event });
}

process.on('message', async (message: { id: number; action: keyof Actions; args: never[] }) => {
  try {
    const action = actions[message.action] as (...args: never[]) => Promise<unknown>;
    process.send?.({ id: message.id, value: await action(...message.args) });
  } catch (error) {
    const { code, message: text } = error as { code?: string; message: string };
    process.send?.({ id: message.id, error: { code, message: text } });
  }
});
process.on('disconnect', () => process.exit());
