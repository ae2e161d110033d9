interface JoinedWritesOptions<Row> {
  /**
   * Writes several rows in one statement, which is one commit; never two of the same key. Resolves with what is stored
   * instead of those that were kept out.
   */
  readonly write: (rows: readonly Row[]) => Promise<readonly Row[]>;
  readonly keyOf: (row: Row) => string;
  /** Which of two of the same key is to stay. */
  readonly isNewer: (row: Row, than: Row) => boolean;
  /** Rows in one statement at the most. */
  readonly maxRows: number;
  /** Whether a statement failed because of the database as a whole, so that no part of it would do better. */
  readonly isHopeless: (error: unknown) => boolean;
}

interface Waiting<Row> {
  readonly row: Row;
  resolve(standing: Row | undefined): void;
  reject(error: unknown): void;
}

/**
 * Joins what is put at the same time, and what is put while a statement is under way, into one commit. A commit waits for
 * the disk, and SQLite does so on our event loop: the progress of 500 tasks, saved one by one, held everybody up for more
 * than a second. Each promise still resolves after the commit of its own row. A row that the database refuses takes no
 * other with it.
 * @returns puts one row, and resolves with what is stored if that kept it out
 */
export function batchWrites<Row>(options: JoinedWritesOptions<Row>): (row: Row) => Promise<Row | undefined> {
  const { write, keyOf, isNewer, maxRows, isHopeless } = options;
  let waiting: Waiting<Row>[] = [];
  let isWriting = false;

  async function writeAll(): Promise<void> {
    isWriting = true;
    // What else is put in this turn of the microtasks comes along.
    await Promise.resolve();
    while (waiting.length > 0) {
      const batch = waiting.slice(0, maxRows);
      waiting = waiting.slice(maxRows);
      await writeTogether(batch);
    }
    isWriting = false;
  }

  async function writeTogether(batch: readonly Waiting<Row>[]): Promise<void> {
    const latest = new Map<string, Row>();
    for (const { row } of batch) {
      const other = latest.get(keyOf(row));
      if (other === undefined || isNewer(row, other)) latest.set(keyOf(row), row);
    }
    try {
      const standing = new Map((await write([...latest.values()])).map((row) => [keyOf(row), row]));
      for (const { row, resolve } of batch) resolve(standing.get(keyOf(row)));
    } catch (error) {
      if (batch.length === 1 || isHopeless(error)) for (const { reject } of batch) reject(error);
      else for (const each of batch) await writeTogether([each]);
    }
  }

  return (row) =>
    new Promise((resolve, reject) => {
      waiting.push({ row, resolve, reject });
      if (!isWriting) void writeAll();
    });
}
