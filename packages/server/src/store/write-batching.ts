interface JoinedWritesOptions<Row> {
  /**
   * Writes several rows in one statement, which is one commit; never two rows with the same key. Resolves with the
   * stored rows that were kept instead of written ones.
   */
  readonly write: (rows: readonly Row[]) => Promise<readonly Row[]>;
  readonly keyOf: (row: Row) => string;
  /** Decides which of two rows with the same key is written. */
  readonly isNewer: (row: Row, than: Row) => boolean;
  /** Maximum number of rows in one statement. */
  readonly maxRows: number;
  /** Whether a statement failed because of the whole database, so that its rows would fail one by one as well. */
  readonly isDatabaseError: (error: unknown) => boolean;
}

interface Waiting<Row> {
  readonly row: Row;
  resolve(standing: Row | undefined): void;
  reject(error: unknown): void;
}

/**
 * Batches rows that are put at the same time, or while a statement is in flight, into one commit. A commit waits for
 * the disk, and SQLite waits on the event loop: saving the progress of 500 tasks one by one blocked the process for
 * more than a second. Each promise still resolves after the commit of its own row. A row that the database rejects does
 * not affect the others.
 * @returns puts one row, and resolves with the stored row if that one was kept instead
 */
export function batchWrites<Row>(options: JoinedWritesOptions<Row>): (row: Row) => Promise<Row | undefined> {
  const { write, keyOf, isNewer, maxRows, isDatabaseError } = options;
  let waiting: Waiting<Row>[] = [];
  let isWriting = false;

  async function writeAll(): Promise<void> {
    isWriting = true;
    // Rows that are put in the same turn of the microtask queue join the batch.
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
      if (batch.length === 1 || isDatabaseError(error)) for (const { reject } of batch) reject(error);
      else for (const each of batch) await writeTogether([each]);
    }
  }

  return (row) =>
    new Promise((resolve, reject) => {
      waiting.push({ row, resolve, reject });
      if (!isWriting) void writeAll();
    });
}
