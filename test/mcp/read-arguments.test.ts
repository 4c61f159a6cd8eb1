import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import * as z from 'zod';
import { readArguments } from '../../src/mcp/read-arguments.js';

const schema = z.object({
  path: z.string().min(1),
  content: z.string(),
  limit: z.int().min(1).max(10).default(5),
  since: z.string().optional(),
  force: z.boolean().optional(),
  names: z.array(z.string()).optional(),
  where: z.record(z.string(), z.unknown()).optional(),
});
const required = { path: 'a', content: '' };

test('null and an empty text are the absence of what may be left out, and of nothing else', () => {
  const nothing = { limit: null, since: '', force: null, names: null, where: '' };
  assert.deepEqual(readArguments(schema, { ...required, ...nothing }), {
    values: { ...required, limit: 5 },
    ignored: [],
  });
  assert.deepEqual(readArguments(schema, { path: '', content: null }), {
    problem: 'path: Too small: expected string to have >=1 characters; content is missing',
  });
});

test('numbers, booleans, lists and objects may come as text, and a list of one as that one', () => {
  const written = { limit: '7', since: 2026, force: 'true', names: 'one', where: '{"a":1}' };
  const { values } = readArguments(schema, { ...required, ...written }) as { values: object };
  assert.deepEqual(values, { ...required, limit: 7, since: '2026', force: true, names: ['one'], where: { a: 1 } });
  assert.deepEqual(readArguments(schema, { ...required, names: '["a","b"]' }), {
    values: { ...required, limit: 5, names: ['a', 'b'] },
    ignored: [],
  });
  assert.match(JSON.stringify(readArguments(schema, { ...required, limit: '70' })), /limit: /);
});

test('unknown names are ignored and named; where something is missing they are the likely reason', () => {
  assert.deepEqual(readArguments(schema, { ...required, ofset: 1, __proto__: 2, constructor: 3 }), {
    values: { ...required, limit: 5 },
    ignored: ['ofset', 'constructor'],
  });
  assert.deepEqual(readArguments(schema, { file: 'a', content: '' }), {
    problem: 'path is missing; there is no argument file',
  });
});

test('what has a great many members is refused before each is looked at', () => {
  const many = Object.fromEntries(Array.from({ length: 101 }, (_, index) => [`k${index}`, []]));
  const problem = 'where has more than 100 members';
  assert.deepEqual(readArguments(schema, { ...required, where: many }), { problem });
  assert.deepEqual(readArguments(schema, { ...required, names: Object.keys(many) }), {
    problem: problem.replace('where', 'names'),
  });
  for (const where of [JSON.stringify(many), `{"a": "${'x'.repeat(200_000)}"}`]) {
    const read = readArguments(schema, { ...required, where });
    assert.match('problem' in read ? read.problem : '', /^where: Invalid input/);
  }
  assert.deepEqual(readArguments(schema, { ...required, ...many }), { problem: 'there are more than 100 arguments' });
});

test('whatever JSON holds is read or refused in few words', () => {
  fc.assert(
    fc.property(
      fc.oneof(fc.jsonValue(), fc.dictionary(fc.constantFrom(...Object.keys(schema.shape)), fc.jsonValue())),
      (args) => {
        const read = readArguments(schema, args);
        if ('problem' in read) assert.ok(read.problem.length < 1500);
        else assert.equal(typeof read.values.limit, 'number');
      },
    ),
  );
});
