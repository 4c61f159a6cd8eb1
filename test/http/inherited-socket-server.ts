import process from 'node:process';
import { listen } from '../../src/http/listen.js';
import { silentLog } from '../../src/log.js';

/** Run as a process: serves on the inherited socket, its descriptor 3, and drains at SIGTERM. */
const server = await listen(
  (request, response) => {
    request.resume();
    setTimeout(() => response.end(String(process.pid)), 5);
  },
  { host: '', port: 0, fd: 3, log: silentLog },
);
process.once('SIGTERM', () => void server.close());
process.stdout.write('ready\n');
