import sqlite, { type Database, type JSValue, type Statement } from 'node-sqlite3-wasm';

/** A database with its prepared statements, each made once. */
export class Sql {
  readonly db: Database;
  readonly #statements = new Map<string, Statement>();
  readonly #onClose: () => void;

  constructor(db: Database, onClose: () => void = () => {}) {
    this.db = db;
    this.#onClose = onClose;
  }

  run(sql: string, values: JSValue[] = []): void {
    this.#prepared(sql).run(values);
  }

  get<R extends object>(sql: string, values: JSValue[] = []): R | undefined {
    return (this.#prepared(sql).get(values) ?? undefined) as R | undefined;
  }

  all<R extends object>(sql: string, values: JSValue[] = []): R[] {
    return this.#prepared(sql).all(values) as unknown as R[];
  }

  /** The one number of a query such as a count. */
  number(sql: string, values: JSValue[] = []): number {
    return Number(Object.values(this.get(sql, values) ?? {})[0] ?? 0);
  }

  /** Opens a transaction, unless one is open. */
  begin(): void {
    if (!this.db.inTransaction) this.db.exec('BEGIN IMMEDIATE');
  }

  commit(): void {
    if (this.db.inTransaction) this.db.exec('COMMIT');
  }

  close(): void {
    try {
      for (const statement of this.#statements.values()) statement.finalize();
      this.#statements.clear();
      this.commit();
      this.db.close();
    } finally {
      this.#onClose();
    }
  }

  /** Statements of many shapes (filters) are few in number, as are the filters. */
  #prepared(sql: string): Statement {
    let statement = this.#statements.get(sql);
    if (statement === undefined) {
      statement = this.db.prepare(sql);
      const [oldest] = this.#statements;
      if (oldest !== undefined && this.#statements.size >= maxStatements) {
        oldest[1].finalize();
        this.#statements.delete(oldest[0]);
      }
      this.#statements.set(sql, statement);
    }
    return statement;
  }
}

const maxStatements = 200;

/** What SQLite says of a statement that it does not take. */
const ofStatement = /syntax|stack overflow|unterminated|not supported|too (?:large|many|complex)/i;

/** True for a failure of the database itself (damaged, full, locked, out of memory), which a new one would not have. */
export function isBroken(error: unknown): boolean {
  // What WebAssembly throws when its memory is at an end, or was misused.
  if (error instanceof Error && error.name === 'RuntimeError') return true;
  return error instanceof sqlite.SQLite3Error && !ofStatement.test(error.message);
}
