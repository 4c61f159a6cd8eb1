import assert from 'node:assert/strict';
import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { openCommandStore } from '../../src/state/store/open-command-store.js';
import { isFull } from '../full.js';
import { cleanUp, forget, openStore, register, temporaryFolder, until } from '../state/state-fixture.js';
import { type ErrorCode, FaultControl, preloading } from './fault-control.js';
import { type LoadEvent, StoreProcess } from './store-process.js';

const seconds = 60;
const waits = { takeoverMs: 500, settledMs: 400, pollMs: 50, lockMs: 4_000 };
const errors: readonly ErrorCode[] = ['EIO', 'ENOSPC', 'EACCES', 'ESTALE', 'EMFILE', 'EROFS'];
const options = isFull ? preloading : { skip: `takes ${seconds} s` };

function anyOf<T>(items: readonly T[]): T {
  return items[Math.floor(Math.random() * items.length)] as T;
}

/** Removes the damaged files that were kept aside, as an operator does: a server keeps ten, and then waits for that. */
async function removeCopies(path: string): Promise<number> {
  const copies = (await readdir(dirname(path))).filter((name) => name.startsWith('state.json.corrupt-'));
  for (const name of copies) await rm(join(dirname(path), name));
  return copies.length;
}

/** A server under load that can be ended and started again. */
class Server {
  readonly faults: FaultControl;
  readonly #t: TestContext;
  readonly #path: string;
  readonly #note: (event: LoadEvent) => void;
  #process: StoreProcess;
  #starts = 0;

  constructor(t: TestContext, path: string, note: (event: LoadEvent) => void) {
    this.#t = t;
    this.#path = path;
    this.#note = note;
    this.faults = new FaultControl(dirname(path));
    this.#process = new StoreProcess(t, this.faults.env);
  }

  async start(name: string): Promise<void> {
    this.#starts += 1;
    if (this.#starts > 1) this.#process = new StoreProcess(this.#t, this.faults.env);
    this.#process.onEvent = this.#note;
    await this.#process.call('openServer', this.#path, waits);
    await this.load(name);
  }

  load(name: string): Promise<void> {
    return this.#process.call('load', `${name}-${this.#starts}-${Date.now()}`);
  }

  async pause(): Promise<void> {
    await this.#process.call('stopLoad');
  }

  look(): Promise<void> {
    return this.#process.call('look');
  }

  isWell = async (): Promise<boolean> => !(await this.#process.call('health')).degraded;

  signal(name: 'SIGSTOP' | 'SIGCONT'): void {
    this.#process.signal(name);
  }

  kill(): Promise<void> {
    return this.#process.kill();
  }

  async close(): Promise<void> {
    await this.pause();
    await this.#process.call('close');
    await this.#process.kill();
  }
}

test(
  `two servers and commands through ${seconds} s of mixed faults: nothing acknowledged is lost or comes back`,
  options,
  async (t) => {
    const path = join(await temporaryFolder(t), 'state.json');
    const present = new Set<string>();
    const absent = new Set<string>();
    const note = ({ registered, forgetting, forgotten }: LoadEvent) => {
      if (registered !== undefined) present.add(registered);
      if (forgetting !== undefined) present.delete(forgetting);
      if (forgotten !== undefined) absent.add(forgotten);
    };
    const servers = [new Server(t, path, note), new Server(t, path, note)];
    for (const [index, server] of servers.entries()) await server.start(`s${index}`);

    const mishaps: Record<string, (server: Server, name: string) => Promise<void>> = {
      async errors(server) {
        server.faults.set({
          at: 1 + Math.floor(Math.random() * 30),
          times: 1 + Math.floor(Math.random() * 60),
          mode: anyOf(['fail', 'doneButFailed']),
          error: anyOf(errors),
        });
        await sleep(100 + Math.random() * 500);
        server.faults.clear();
      },
      async slowness(server) {
        server.faults.set({ at: 1, times: 20, mode: 'delay', delayMs: 100 });
        await sleep(500);
        server.faults.clear();
      },
      async stop(server) {
        server.signal('SIGSTOP');
        await sleep(Math.random() * 1_500);
        server.signal('SIGCONT');
      },
      async kill(server, name) {
        await server.kill();
        await server.start(name);
      },
      async close(server, name) {
        await server.close();
        await server.start(name);
      },
      async editor() {
        for (const each of servers) await each.pause();
        // What one of them has just written and the other has not read yet would be lost with the file.
        for (const each of servers) await each.look();
        const text = await readFile(path, 'utf8');
        await writeFile(path, text.slice(0, Math.random() * text.length));
        await sleep(Math.random() * 300);
        if (Math.random() < 0.5) await writeFile(path, JSON.stringify(JSON.parse(text), null, 2));
        for (const each of servers) await each.look();
        for (const each of servers) await until(each.isWell, 10);
        for (const [index, each] of servers.entries()) await each.load(`e${index}`);
      },
      async command() {
        const command = await openCommandStore(path, waits);
        cleanUp(t, () => command.close());
        const id = `command-${Date.now()}-${Math.random()}`;
        await command.update(register(id));
        present.add(id);
        const gone = anyOf([...present]);
        present.delete(gone);
        await command.update(forget(gone));
        absent.add(gone);
        await command.close();
      },
    };
    const counts = new Map<string, number>();
    let copies = 0;
    const end = performance.now() + seconds * 1_000;
    while (performance.now() < end) {
      const name = anyOf(Object.keys(mishaps));
      const index = Math.floor(Math.random() * servers.length);
      const server = servers[index] as Server;
      await mishaps[name]?.(server, `s${index}`);
      counts.set(name, (counts.get(name) ?? 0) + 1);
      for (const each of servers) await until(each.isWell, 10);
      copies += await removeCopies(path);
      const before = { present: [...present], absent: [...absent] };
      const clients = new Set(Object.keys(JSON.parse(await readFile(path, 'utf8')).clients));
      for (const id of before.present) {
        if (present.has(id)) assert.ok(clients.has(id), `after ${name}: ${id} was acknowledged, and is lost`);
      }
      for (const id of before.absent) assert.ok(!clients.has(id), `after ${name}: ${id} was removed, and is back`);
    }
    for (const server of servers) await server.close();
    const store = await openStore(t, path);
    const clients = store.view().clients;
    for (const id of present) assert.ok(clients.has(id), `${id} was acknowledged, and is lost`);
    for (const id of absent) assert.ok(!clients.has(id), `${id} was removed, and is back`);
    await store.close();
    copies += await removeCopies(path);
    const left = (await readdir(dirname(path))).filter((name) => name !== 'state.json');
    assert.deepEqual(
      left.filter((name) => !/\.lock-[0-9a-f]{32}$/.test(name)),
      [],
    );
    t.diagnostic(
      `${present.size} there, ${absent.size} gone, ${copies} damaged files kept aside, ${[...counts].map(([name, count]) => `${count} ${name}`).join(', ')}`,
    );
  },
);
