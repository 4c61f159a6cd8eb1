import assert from 'node:assert/strict';
import { test } from 'node:test';
import { describeTime, parseDuration } from '../../src/cli/durations.js';
import { cutToWidth, displayWidth, planRows } from '../../src/cli/layout.js';

const rows = [
  ['a', 'first', 'x'],
  ['bbb', '2nd', 'y'],
  ['c', '', 'z'],
].map((row) => row.map((text) => ({ text })));

test('cells stand in columns, an empty one keeps its place', () => {
  const write = planRows(rows, { width: 80, indent: 2, hang: 4 });
  assert.deepEqual(rows.map(write), ['  a    first  x', '  bbb  2nd    y', '  c           z']);
});

test('where the width is too small every row breaks at the same column', () => {
  const write = planRows(rows, { width: 13, indent: 2, hang: 4 });
  assert.deepEqual(rows.map(write), ['  a    first\n    x', '  bbb  2nd\n    y', '  c\n    z']);
});

test('paint does not count as width', () => {
  const painted = [
    [{ text: 'a', paint: (text: string) => `<b>${text}</b>` }, { text: 'x' }],
    [{ text: 'bbb' }, { text: 'y' }],
  ];
  const write = planRows(painted, { width: 80, indent: 0, hang: 0 });
  assert.deepEqual(painted.map(write), ['<b>a</b>    x', 'bbb  y']);
});

test('wide characters take two columns, marks none', () => {
  assert.equal(displayWidth('Notizen'), 7);
  assert.equal(displayWidth('e\u0301é'), 2);
  assert.equal(displayWidth('日本🦊'), 6);
  assert.equal(displayWidth('👨‍👩‍👧‍👦'), 2);
  assert.equal(displayWidth('⏸️ 🇪🇸'), 5);
});

test('a text is cut between what people take for characters', () => {
  assert.equal(cutToWidth('Notizen', 7), 'Notizen');
  assert.equal(cutToWidth('Notizen', 5), 'Noti…');
  assert.equal(cutToWidth('ab👨‍👩‍👧‍👦👨‍👩‍👧‍👦', 5), 'ab👨‍👩‍👧‍👦…');
  assert.equal(cutToWidth('日本語', 4), '日…');
});

test('durations are read, and times told in words', () => {
  assert.deepEqual(
    ['90s', '45m', '12h', '30d'].map((text) => parseDuration(text, 'x')),
    [90, 2_700, 43_200, 2_592_000],
  );
  const day = 86_400;
  const told: [number, string][] = [
    [0, 'just now'],
    [1, 'in 1 second'],
    [-59, '59 seconds ago'],
    [-60, '1 minute ago'],
    [47 * 3600, 'in 47 hours'],
    [2 * day, 'in 2 days'],
    [30 * day - 1, 'in 29 days'],
    [-119 * day, '119 days ago'],
    [-130 * day, '4 months ago'],
    [-1000 * day, '2 years ago'],
  ];
  for (const [distance, words] of told) assert.equal(describeTime(2_000_000_000 + distance, 2_000_000_000), words);
});

test('an age never counts down as time goes by', () => {
  const sizes = { second: 1, minute: 60, hour: 3_600, day: 86_400, month: 30.44 * 86_400, year: 365.25 * 86_400 };
  let last = 0;
  for (let age = 1; age < 4 * 365 * 86_400; age += 1 + Math.floor(age / 500)) {
    const [, count, unit] = /^(\d+) (\w+?)s? ago$/.exec(describeTime(2_000_000_000 - age, 2_000_000_000)) ?? [];
    const told = Number(count) * sizes[unit as keyof typeof sizes];
    assert.ok(told >= last && told <= age, `${count} ${unit} at ${age / 86_400} days`);
    last = told;
  }
});
