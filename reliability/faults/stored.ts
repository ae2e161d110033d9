import { DatabaseSync } from "node:sqlite";
import type { TaskSnapshot } from "@signalbox/protocol";
import pg from "pg";
import type { Line } from "../history/line.ts";

const question = "select json from signalbox_task";

/** Writes down what another process than the server finds in its database: whatever has changed since the last look. */
export function createStoredReader(database: string, record: (line: Line) => void): () => Promise<void> {
  const known = new Map<string, number>();

  return async () => {
    // Other nodes may go on writing: what is read was there at the beginning.
    const at = Date.now();
    for (const { json } of await (database.startsWith("postgres:") ? readPostgres : readSqlite)(database)) {
      const { task_id: task, version, status, current, owner_id: owner } = JSON.parse(json) as TaskSnapshot;
      if (known.get(task) === version) continue;
      known.set(task, version);
      record({ operation: "stored", actor: "database", task, version, status, current, owner, at });
    }
  };
}

async function readSqlite(path: string): Promise<{ json: string }[]> {
  const database = new DatabaseSync(path, { timeout: 5000 });
  const rows = database.prepare(question).all();
  database.close();
  return rows as { json: string }[];
}

async function readPostgres(url: string): Promise<{ json: string }[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  const { rows } = await client.query<{ json: string }>(question);
  await client.end();
  return rows;
}
