import assert from 'node:assert/strict';
import { test } from 'node:test';
import sqlite from 'node-sqlite3-wasm';
import { isBroken } from '../../../src/notes/catalogue/sql.js';

test('a statement that SQLite does not take is no sign of a broken database', () => {
  const db = new sqlite.Database();
  const statements = [
    'SELEC',
    `SELECT 1 WHERE ${'1 AND '.repeat(2_000)}1`,
    `SELECT ${'1,'.repeat(3_000)}1`,
    `SELECT 1 ${'UNION SELECT 1 '.repeat(1_000)}`,
    `SELECT 'a' LIKE '${'%a'.repeat(50_000)}'`,
  ];
  for (const sql of statements) {
    assert.throws(
      () => db.all(sql),
      (error) => !isBroken(error),
      sql.slice(0, 40),
    );
  }
  assert.equal(isBroken(new sqlite.SQLite3Error('database disk image is malformed')), true);
  db.close();
});
