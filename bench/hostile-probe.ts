import { Agent, request } from 'node:http';

/** The milliseconds of each answer, by the path that was asked. */
export type Answers = Readonly<Record<string, readonly number[]>>;

const url = process.argv[2] ?? '';
const agent = new Agent({ keepAlive: true, maxSockets: 1 });
const form = { 'Content-Type': 'application/x-www-form-urlencoded' };
const asked = [
  { path: '/healthz', method: 'GET', headers: {}, body: '' },
  { path: '/token', method: 'POST', headers: form, body: 'grant_type=refresh_token&refresh_token=x&client_id=x' },
  { path: '/authorize', method: 'GET', headers: {}, body: '' },
];
let answers: Record<string, number[]> = {};

// Whatever it is sent ends a phase: the parent gets the answers until then.
process.on('message', () => {
  process.send?.(answers);
  answers = {};
});
process.on('disconnect', () => process.exit());

for (;;) {
  for (const { path, method, headers, body } of asked) {
    const begin = performance.now();
    const target = path === '/authorize' ? `${path}?response_type=code&client_id=x` : path;
    await ask(target, method, headers, body);
    answers[path] ??= [];
    answers[path].push(performance.now() - begin);
  }
  await new Promise((resolve) => setTimeout(resolve, 5));
}

function ask(path: string, method: string, headers: Record<string, string>, body: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const sent = request(url + path, { agent, method, headers }, (response) => {
      response.resume().on('end', resolve).on('error', reject);
    });
    sent.on('error', reject);
    sent.end(body);
  });
}
