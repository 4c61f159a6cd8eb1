import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import sqlite from 'node-sqlite3-wasm';
import { complete } from '../../../src/notes/catalogue/query-notes.js';
import { createTables } from '../../../src/notes/catalogue/schema.js';
import { Sql } from '../../../src/notes/catalogue/sql.js';

function openWith(t: TestContext, paths: readonly string[]): Sql {
  const db = new sqlite.Database();
  t.after(() => db.close());
  createTables(db, 'test');
  const sql = new Sql(db);
  for (const path of paths) {
    sql.run("INSERT INTO files (path, path_key, name_key, kind, listed, stamp) VALUES (?, ?, '', 1, 1, '')", [
      path,
      path.toLowerCase(),
    ]);
  }
  return sql;
}

test('folders are completed from the paths of the notes, those that begin with what was typed first', (t) => {
  const sql = openWith(t, ['top.md', 'B/one.md', 'B/C a/two.md', 'a/B/x/y.md', 'a/b/z.md']);
  const folders = (value: string) => complete(sql, { what: 'folder', value });
  assert.deepEqual(folders(''), { values: ['a', 'a/B', 'a/B/x', 'B', 'B/C a'], total: 5 });
  assert.deepEqual(folders('b'), { values: ['B', 'B/C a', 'a/B', 'a/B/x'], total: 4 });
  assert.deepEqual(folders('c'), { values: ['B/C a'], total: 1 });
  assert.deepEqual(folders('top'), { values: [], total: 0 });
  const many = openWith(
    t,
    Array.from({ length: 300 }, (_, index) => `folder ${index}/note.md`),
  );
  const { values, total } = complete(many, { what: 'folder', value: 'older' });
  assert.deepEqual([values.length, total], [100, 300]);
});

test('long paths have their folders found as fast as short ones', (t) => {
  const long = Array.from({ length: 300 }, (_, index) => `${'f'.repeat(200)}${index}/${'n'.repeat(200)}${index}.md`);
  const sql = openWith(t, long);
  const measure = (what: 'folder' | 'path') => {
    const before = process.cpuUsage();
    for (let round = 0; round < 5; round++) complete(sql, { what, value: 'absent' });
    const { user, system } = process.cpuUsage(before);
    return user + system;
  };
  measure('folder');
  const ratios = [1, 2, 3].map(() => measure('folder') / measure('path'));
  assert.ok(Math.min(...ratios) < 15, ratios.join(' '));
});
