import { DatabaseSync } from "node:sqlite";
import type { TaskSnapshot } from "@signalbox/protocol";
import type { Line } from "../history/line.ts";

/** Writes down what another process than the server finds in its database: whatever has changed since the last look. */
export function createStoredReader(path: string, record: (line: Line) => void): () => void {
  const known = new Map<string, number>();

  return () => {
    const database = new DatabaseSync(path, { timeout: 5000 });
    const rows = database.prepare("select json from signalbox_task").all();
    database.close();
    for (const { json } of rows as { json: string }[]) {
      const { task_id: task, version, status, current, owner_id: owner } = JSON.parse(json) as TaskSnapshot;
      if (known.get(task) === version) continue;
      known.set(task, version);
      record({ operation: "stored", actor: "database", task, version, status, current, owner, at: Date.now() });
    }
  };
}
