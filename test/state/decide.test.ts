import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Decision, decide, type Found, type Situation } from '../../src/state/rules/decide.js';

/**
 * `take`: serve the file; `+write`: and write everything; `+aside`: keep its content aside first. `memory`: serve memory
 * and write it. `hold`: serve memory and write nothing. `503`: serve nothing and write nothing. `replace`: serve memory, keep
 * the content aside and write memory. `refuse`: do not start.
 */
const table = `
found      memory   starting          running           running, settled  closing
good       nothing  take              take              take              take
good       empty    take              take              take              take
good       good     take              take              take              take
partly     nothing  take+aside+write  take+aside+write  take+aside+write  take+aside+write
partly     empty    take+aside+write  take+aside+write  take+aside+write  take+aside+write
partly     good     take+aside+write  take+aside+write  take+aside+write  take+aside+write
older      nothing  take+write        take+write        take+write        take+write
older      empty    take+write        take+write        take+write        take+write
older      good     hold              hold              replace           replace
corrupt    nothing  503               503               replace           503
corrupt    empty    hold              hold              replace           replace
corrupt    good     hold              hold              replace           replace
other      nothing  refuse            503               503               503
other      empty    refuse            hold              replace           replace
other      good     refuse            hold              replace           replace
foreign    nothing  refuse            503               503               503
foreign    empty    refuse            hold              replace           replace
foreign    good     refuse            hold              replace           replace
newer      nothing  refuse            503               503               503
newer      empty    refuse            hold              hold              hold
newer      good     refuse            hold              hold              hold
irregular  nothing  refuse            503               503               503
irregular  empty    refuse            hold              hold              hold
irregular  good     refuse            hold              hold              hold
missing    nothing  memory            memory            memory            memory
missing    empty    memory            memory            memory            memory
missing    good     memory            memory            memory            memory
failed     nothing  503               503               503               503
failed     empty    hold              hold              hold              hold
failed     good     hold              hold              hold              hold
`;

const columns: readonly Pick<Situation, 'phase' | 'settled'>[] = [
  { phase: 'starting', settled: false },
  { phase: 'running', settled: false },
  { phase: 'running', settled: true },
  { phase: 'closing', settled: false },
];

function nameOf({ serve, save, keepAside, refuse }: Decision): string {
  if (refuse) return 'refuse';
  if (serve === 'nothing') return save === 'nothing' && !keepAside ? '503' : 'nonsense';
  if (serve === 'file') return `take${keepAside ? '+aside' : ''}${save === 'everything' ? '+write' : ''}`;
  if (keepAside) return save === 'everything' ? 'replace' : 'nonsense';
  return save === 'everything' ? 'memory' : 'hold';
}

test('what a server does about what it found, for everything it may know', () => {
  const rows = table.trim().split('\n').slice(1);
  assert.equal(rows.length, 30);
  for (const row of rows) {
    const [found, memory, ...expected] = row.split(/ {2,}/) as [Found, Situation['memory'], ...string[]];
    const actual = columns.map((column) => nameOf(decide({ found, memory, ...column })));
    assert.deepEqual(actual, expected, `${found}, memory ${memory}`);
  }
});

test('a failed call never sets anything aside and never writes, and good memory is never given up', () => {
  for (const column of columns) {
    for (const memory of ['nothing', 'empty', 'good'] as const) {
      const failed = decide({ found: 'failed', memory, ...column });
      assert.deepEqual([failed.keepAside, failed.save, failed.refuse], [false, 'nothing', false]);
    }
    for (const found of ['older', 'corrupt', 'missing', 'failed'] as const) {
      assert.equal(decide({ found, memory: 'good', ...column }).serve, 'memory', found);
    }
  }
});
