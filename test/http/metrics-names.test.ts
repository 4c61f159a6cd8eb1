import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { createMetrics } from '../../src/http/metrics.js';
import { createMemoryStore } from '../../src/state/store/memory-store.js';

const hasPromtool = spawnSync('promtool', ['--version'], { stdio: 'ignore' }).status === 0;

test('promtool has nothing to say against the metrics', { skip: hasPromtool ? false : 'needs promtool' }, async () => {
  const store = createMemoryStore();
  const notes = { status: () => ({ ready: true, indexed: 1, chunks: 1 }) } as never;
  const metrics = await createMetrics({ store, notes, public: true });
  metrics.observe({ method: 'GET', route: '/mcp', status: 200, seconds: 0.1 });
  metrics.observeToolCall({ tool: 'vault_read', outcome: 'done' });
  metrics.observeAudit({ event: 'refused', credential: 'pin' });
  const text = await metrics.text();
  assert.match(text, /^vault_mcp_wrong_pins_total 1$/m);
  assert.match(text, /^vault_mcp_build_info\{version="[^"]+",node="[^"]+"\} 1$/m);
  const { status, stderr } = spawnSync('promtool', ['check', 'metrics'], { input: text, encoding: 'utf8' });
  assert.deepEqual([status, stderr], [0, '']);
});
