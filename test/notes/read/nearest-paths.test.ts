import assert from 'node:assert/strict';
import { test } from 'node:test';
import { nearestPaths } from '../../../src/notes/read/nearest-paths.js';

const paths = [
  'a/plan.md',
  'b/plan.md',
  'b/Plan 2026.md',
  'ideas/Café.md',
  'journal/2026-07-28.md',
  'x/pan.md',
  'img/cat.png',
];

for (const [wanted, expected] of [
  ['plan.md', ['a/plan.md', 'b/plan.md', 'b/Plan 2026.md', 'x/pan.md']],
  ['b/plans.md', ['b/plan.md', 'a/plan.md']],
  ['lpan.md', ['x/pan.md', 'a/plan.md', 'b/plan.md']],
  ['cafe', ['ideas/Café.md']],
  ['ideas/CAFE.md', ['ideas/Café.md']],
  ['2026_07_28.md', ['journal/2026-07-28.md']],
  ['cat', ['img/cat.png']],
  ['nothing like it.md', []],
  ['', []],
  ['.md', []],
] as const) {
  test(`nearest to "${wanted}"`, () => assert.deepEqual(nearestPaths(wanted, paths), expected));
}

test('at most five, and in time, of 50,000 and of hostile names', () => {
  const many = Array.from({ length: 50_000 }, (_, index) => `folder ${index % 100}/note ${index}.md`);
  const startedMs = performance.now();
  assert.equal(nearestPaths('note 77.md', many).length, 5);
  assert.equal(nearestPaths('note 77.md', many)[0], 'folder 77/note 77.md');
  const marks = `a${'\u0301'.repeat(200)}.md`;
  nearestPaths(
    `e${'\u0301'.repeat(4000)}.md`,
    Array.from({ length: 10_000 }, () => marks),
  );
  assert.ok(performance.now() - startedMs < 10_000);
});
