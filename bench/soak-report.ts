const spans = 10;
const mebibyte = 2 ** 20;

interface Sample {
  readonly atMs: number;
  readonly cpuSeconds: number;
  readonly lagMs: number;
  readonly heapMb: number;
  readonly residentMb: number;
  readonly descriptors: number;
  readonly handles: number;
  readonly stateKb: number;
}

export interface Report {
  /** Runs a task and counts it, with its time, or with the reason why it failed. */
  observe(kind: string, task: () => Promise<unknown>): Promise<void>;
  /** Keeps what the server says of itself in Prometheus' text format. */
  sample(metrics: string, stateBytes: number): void;
  print(output: { write(text: string): unknown }): void;
}

/** Collects what happens from now on for `durationMs`. */
export function createReport(durationMs: number): Report {
  const startedMs = performance.now();
  const samples: Sample[] = [];
  const calls: { atMs: number; ms: number }[] = [];
  const counts = new Map<string, number>();
  const failures = new Map<string, number>();
  const count = (map: Map<string, number>, key: string) => map.set(key, (map.get(key) ?? 0) + 1);
  return {
    async observe(kind, task) {
      const begunMs = performance.now();
      count(counts, kind);
      try {
        await task();
        if (kind === 'call') calls.push({ atMs: begunMs - startedMs, ms: performance.now() - begunMs });
      } catch (error) {
        count(failures, `${kind}: ${error instanceof Error ? error.message.slice(0, 200) : String(error)}`);
      }
    },
    sample(metrics, stateBytes) {
      const read = (name: string) => Number(new RegExp(`^${name} (\\S+)$`, 'm').exec(metrics)?.[1]);
      samples.push({
        atMs: performance.now() - startedMs,
        cpuSeconds: read('process_cpu_seconds_total'),
        lagMs: read('nodejs_eventloop_lag_max_seconds') * 1_000,
        heapMb: read('nodejs_heap_size_used_bytes') / mebibyte,
        residentMb: read('process_resident_memory_bytes') / mebibyte,
        descriptors: read('process_open_fds'),
        handles: read('nodejs_active_handles_total'),
        stateKb: stateBytes / 1024,
      });
    },
    print(output) {
      output.write(
        'minutes  calls  p50 ms  p99 ms  CPU %  lag max ms  heap floor MB  resident MB  fds  handles  state KB\n',
      );
      for (let span = 0; span < spans; span++) {
        const isIn = ({ atMs }: { atMs: number }) =>
          Math.min(spans - 1, Math.floor((atMs / durationMs) * spans)) === span;
        const latencies = calls.filter(isIn).map(({ ms }) => ms);
        const seen = samples.filter(isIn);
        const of = (pick: (sample: Sample) => number, share: number) => at(seen.map(pick), share);
        const cells: [value: number, digits: number, width: number][] = [
          [(durationMs * (span + 1)) / spans / 60_000, 1, 7],
          [latencies.length, 0, 7],
          [at(latencies, 0.5), 1, 8],
          [at(latencies, 0.99), 1, 8],
          [cpuShare(seen) * 100, 0, 7],
          [of((sample) => sample.lagMs, 1), 0, 12],
          // The collector has just run where the least is in use: what is left is what is held.
          [of((sample) => sample.heapMb, 0), 1, 15],
          [of((sample) => sample.residentMb, 0.5), 0, 13],
          [of((sample) => sample.descriptors, 1), 0, 5],
          [of((sample) => sample.handles, 1), 0, 9],
          [of((sample) => sample.stateKb, 0.5), 0, 10],
        ];
        output.write(`${cells.map(([value, digits, width]) => value.toFixed(digits).padStart(width)).join('')}\n`);
      }
      output.write(`done: ${[...counts].map(([kind, times]) => `${times} × ${kind}`).join(', ')}\n`);
      if (failures.size === 0) output.write('no failure\n');
      for (const [what, times] of failures) output.write(`failed ${times} × ${what}\n`);
    },
  };
}

/** Of one core, between the first sample and the last. */
function cpuShare(seen: readonly Sample[]): number {
  const [first, last] = [seen[0], seen.at(-1)];
  if (first === undefined || last === undefined) return Number.NaN;
  return ((last.cpuSeconds - first.cpuSeconds) / (last.atMs - first.atMs)) * 1_000;
}

/** The value below which that share of the values lies; NaN when there are none. */
function at(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}
