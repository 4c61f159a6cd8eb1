import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type AuditEvent, createAudit } from '../src/audit.js';
import { createLog } from '../src/log.js';

test('of refusals alike five a minute are told, and how many were left out; every one is counted', () => {
  const lines: string[] = [];
  const written: string[] = [];
  const seen: AuditEvent[] = [];
  let nowMs = 0;
  const audit = createAudit({
    log: createLog({ format: 'text', destination: { write: (line) => lines.push(line) } }),
    observe: (event) => seen.push(event),
    write: (line) => written.push(line),
    nowMs: () => nowMs,
  });
  const refuse = (address: string) => audit({ event: 'refused', credential: 'access_token', address });
  for (let i = 0; i < 20; i += 1) refuse('192.0.2.1');
  refuse('192.0.2.2');
  assert.deepEqual([lines.length, written.length, seen.length], [6, 6, 21]);
  nowMs = 60_000;
  refuse('192.0.2.1');
  assert.match(lines.at(-1) ?? '', / warn: refused an access token address=192\.0\.2\.1 left_out=15\n$/);
  for (let i = 0; i < 20; i += 1) audit({ event: 'revoked', client: 'a', grant: String(i) });
  assert.equal(lines.length, 27);
  audit({ event: 'changed', tool: 'vault_write', paths: ['a.md'], outcome: 'exists' });
  assert.match(lines.at(-1) ?? '', / info: a tool was to change notes and did not tool=vault_write/);
  assert.deepEqual(JSON.parse(written[6] ?? ''), {
    time: '1970-01-01T00:01:00.000Z',
    event: 'refused',
    credential: 'access_token',
    address: '192.0.2.1',
    left_out: 15,
  });
});
