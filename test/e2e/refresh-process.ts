/** `node refresh-process.js URL`, with a login as JSON on stdin: refreshes it once, and prints the new one as JSON. */
import { text } from 'node:stream/consumers';
import { type Login, refreshLogin } from './log-in.js';

const login = JSON.parse(await text(process.stdin)) as Login;
process.stdout.write(JSON.stringify(await refreshLogin(process.argv[2] ?? '', login)));
