import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { bin } from './run-command.js';

/** Waits for each text in turn on a terminal, and types what follows it; the exit code is the program's. */
const script = `
import fcntl, json, os, pty, select, signal, struct, sys, termios
steps, command = json.loads(sys.argv[1]), sys.argv[2:]
pid, terminal = pty.fork()
if pid == 0:
    fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack('HHHH', 40, 200, 0, 0))
    os.execv(command[0], command)
seen = ''
while True:
    ready, _, _ = select.select([terminal], [], [], 20)
    try:
        data = os.read(terminal, 65536) if ready else b''
    except OSError:
        data = b''
    if not data:
        os.kill(pid, signal.SIGKILL)
        break
    text = data.decode('utf8', 'replace')
    sys.stdout.write(text)
    seen += text
    if steps and steps[0][0] in seen:
        seen = ''
        os.write(terminal, steps.pop(0)[1].encode())
_, status = os.waitpid(pid, 0)
sys.exit(os.waitstatus_to_exitcode(status))
`;

/** Runs bin/vault-mcp.js on a terminal of its own, by python3's pty. */
export async function typeSession(
  args: readonly string[],
  steps: readonly (readonly [expected: string, typed: string])[],
  env: Readonly<Record<string, string>>,
): Promise<{ code: number | null; shown: string }> {
  const child = spawn('python3', ['-c', script, JSON.stringify(steps), process.execPath, bin, ...args], {
    env: { PATH: process.env['PATH'] ?? '', TERM: 'xterm', ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let shown = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    shown += text;
  });
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, shown };
}
