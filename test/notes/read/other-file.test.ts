import assert from 'node:assert/strict';
import { test } from 'node:test';
import { maxImageBytes, readOtherFile } from '../../../src/notes/read/other-file.js';

const png = Buffer.from('\x89PNG\r\n\x1a\n----', 'latin1');

test('an image is told by its bytes, whatever its name', () => {
  assert.deepEqual(readOtherFile('a.txt', png), { kind: 'image', mimeType: 'image/png' });
  assert.deepEqual(readOtherFile('a.webp', Buffer.from('RIFF\x01\x02\x03\x04WEBPVP8 ', 'latin1')), {
    kind: 'image',
    mimeType: 'image/webp',
  });
  const huge = Buffer.concat([png, Buffer.alloc(maxImageBytes)]);
  assert.throws(() => readOtherFile('a.png', huge), { code: 'too_large' });
});

test('text is text, and nothing else is', () => {
  assert.deepEqual(readOtherFile('x/B.CSV', Buffer.from('\ufeffa,b\né,2')), {
    kind: 'text',
    mimeType: 'text/csv',
    text: 'a,b\né,2',
  });
  assert.equal(readOtherFile('Makefile', Buffer.from('all:')).mimeType, 'text/plain');
  for (const bytes of [Buffer.from('%PDF-1.4\0'), Buffer.from([0xff, 0xfe, 0x41]), Buffer.from('png\0')]) {
    assert.throws(() => readOtherFile('a.png', bytes), { code: 'not_text' });
  }
});
