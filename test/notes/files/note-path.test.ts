import assert from 'node:assert/strict';
import { test } from 'node:test';
import { foldPath, quotePath } from '../../../src/notes/files/note-path.js';

test('a message shows a name as it is, and neither control characters nor halves of characters', () => {
  const names = ['نمی\u200cخواهم.md', '👩\u200d👩\u200d👧.md'];
  assert.deepEqual(
    names.map(quotePath),
    names.map((name) => `"${name}"`),
  );
  assert.equal(quotePath('a\u202eb\u0007\ud83dc\u200b'), '"a\ufffdb\ufffd\ufffdc\ufffd"');
  assert.equal(quotePath(`a${'👧'.repeat(300)}`), `"a${'👧'.repeat(99)}…"`);
});

test('a name of combining marks is compared in no time', () => {
  const marks = `a${'\u0301\u0316'.repeat(100_000)}`;
  const before = process.cpuUsage();
  foldPath(marks);
  const { user, system } = process.cpuUsage(before);
  assert.ok(user + system < 2_000_000, `${user + system} µs`);
});
