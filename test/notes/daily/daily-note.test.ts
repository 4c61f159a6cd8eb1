import assert from 'node:assert/strict';
import { test } from 'node:test';
import { dailyPath, fillTemplate, notePath, parseDailySettings } from '../../../src/notes/daily/daily-note.js';

test('the path of a day by the settings of Obsidian and of Periodic Notes', () => {
  const path = (json: object, date = '2026-07-08') =>
    dailyPath(parseDailySettings(JSON.stringify(json)) ?? never(), date);
  assert.equal(path({}), '2026-07-08.md');
  assert.equal(parseDailySettings('\ufeff{"folder":"D"}')?.folder, 'D');
  assert.equal(path({ folder: '/Journal/', format: '' }), 'Journal/2026-07-08.md');
  assert.equal(path({ format: 'YYYY/MM-MMMM/YYYY-MM-DD-dddd' }), '2026/07-July/2026-07-08-Wednesday.md');
  assert.equal(path({ format: '[Day] Do [of] MMMM, gggg-[W]ww' }), 'Day 8th of July, 2026-W28.md');
  assert.equal(path({ format: 'GGGG-[W]WW' }, '2027-01-01'), '2026-W53.md');
  assert.equal(path({ format: 'YYYY-DDDD DDD [DDD e]' }), '2026-189 189 DDD e.md');
  assert.equal(path({ format: 'DDDD DDD', folder: 'E' }, '2024-02-29'), 'E/060 60.md');
  assert.equal(path({ format: 'GGGG-[W]WW-E e' }, '2027-01-03'), '2026-W53-7 0.md');
  assert.equal(path({ format: '[e]GG-WW gg-ww dddd' }, '2027-01-01'), 'e26-53 27-01 Friday.md');
  assert.equal(path({ daily: { enabled: true, folder: 'D', format: 'DD.MM.YY' }, weekly: {} }), 'D/08.07.26.md');
});

test('what are no settings are none', () => {
  for (const json of ['', '[]', 'null', '{"daily": {"enabled": false}}', '{"daily": 3}']) {
    assert.equal(parseDailySettings(json), undefined, json);
  }
  const odd = { folder: 3, format: null, template: '  ' };
  assert.deepEqual(parseDailySettings(JSON.stringify(odd)), { folder: '', format: 'YYYY-MM-DD', template: undefined });
});

test('a template is filled in, and nothing else of it is touched', () => {
  const now = new Date(2026, 6, 28, 9, 5);
  const filled = fillTemplate(
    '# {{title}}\n{{date}} {{ time }} {{date:dddd, MMMM Do}} {{time:HH[h]}} {{date:DDDD}} {{x}} <% tp %>',
    {
      title: '$1 $& day',
      date: '2026-07-08',
      now,
    },
  );
  assert.equal(filled, '# $1 $& day\n2026-07-08 09:05 Wednesday, July 8th 09h 189 {{x}} <% tp %>');
  assert.equal(notePath('/_templates/Daily'), '_templates/Daily.md');
});

function never(): never {
  throw new Error('no settings');
}
