import { Agent, request } from 'node:http';

export interface SteadyLoad {
  readonly sent: number;
  readonly failures: readonly { readonly number: number; readonly reason: string }[];
  /** Sends no more, and resolves when everything sent was answered. */
  stop(): Promise<void>;
}

export interface LoadOptions {
  readonly perSecond: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** Posts `perSecond` times a second over kept connections, every tenth over one of its own; nothing is tried twice. */
export function startLoad(url: string, { perSecond, headers = {}, body = 'x' }: LoadOptions): SteadyLoad {
  const agent = new Agent({ keepAlive: true, maxSockets: 16 });
  const failures: { number: number; reason: string }[] = [];
  const open = new Set<Promise<void>>();
  let sent = 0;
  function send(): void {
    const number = sent;
    sent += 1;
    const answered = new Promise<void>((resolve) => {
      const fail = (error: Error) => {
        failures.push({ number, reason: error.message });
        resolve();
      };
      const outgoing = request(url, {
        method: 'POST',
        agent: number % 10 === 0 ? false : agent,
        headers: { ...headers, 'X-Number': String(number) },
      });
      outgoing.once('error', fail);
      outgoing.once('response', (response) => {
        if (response.statusCode !== 200) failures.push({ number, reason: `status ${response.statusCode}` });
        response.once('error', fail);
        response.once('end', resolve);
        response.resume();
      });
      outgoing.end(body);
    }).finally(() => open.delete(answered));
    open.add(answered);
  }
  const startedMs = performance.now();
  const timer = setInterval(() => {
    while (sent < ((performance.now() - startedMs) / 1_000) * perSecond) send();
  }, 5);
  return {
    get sent() {
      return sent;
    },
    failures,
    async stop() {
      clearInterval(timer);
      await Promise.all(open);
      agent.destroy();
    },
  };
}
