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

test('a damaged index of words is a broken database, a query that it does not take is none', () => {
  const db = new sqlite.Database();
  db.exec("CREATE VIRTUAL TABLE words USING fts5 (text); INSERT INTO words VALUES ('some words')");
  for (const query of ['(', '"', 'AND', `${'('.repeat(300)}a`]) {
    assert.throws(
      () => db.all('SELECT * FROM words (?)', [query]),
      (error) => !isBroken(error),
      query.slice(0, 40),
    );
  }
  db.exec("UPDATE words_data SET block = x'00' WHERE id > 10");
  assert.throws(() => db.all("SELECT * FROM words ('words')"), isBroken);
  db.close();
});
