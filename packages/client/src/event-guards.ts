import { type AdminEvents, type TaskSnapshot, taskStatuses, type UserEvents } from "@signalbox/protocol";

type Shape = Readonly<Record<string, "string" | "number" | "object">>;

const snapshot: Shape = { task_id: "string", version: "number", status: "string" };

/** What each event of the contract must have, so that nobody's listener meets a message of another form. */
const shapes: { readonly [Event in keyof UserEvents | keyof AdminEvents]: Shape } = {
  connection_established: { namespace: "string", user_id: "string" },
  session_ending: { reason: "string" },
  server_draining: { reconnect_after_ms: "number" },
  error: { code: "string", message: "string" },
  progress_update: snapshot,
  progress_batch: { tasks: "object" },
  task_completed: snapshot,
  task_error: snapshot,
  task_cancelled: snapshot,
  system_metrics_update: { metrics: "object" },
  job_update: { type: "string", job: "object" },
  admin_alert: { alert: "object" },
  security_event: { id: "string", type: "string" },
  connections_update: { opened: "number", closed: "number", total: "number" },
};

/** In a Map: an event called `constructor` must find nothing. */
const known = new Map<string, Shape>(Object.entries(shapes));

/** Whether a payload has the form that the contract gives the event; events of the application's own are its own affair. */
export function isWellFormed(event: string, payload: unknown): boolean {
  const shape = known.get(event);
  if (shape === undefined) return true;
  return hasShape(payload, shape) && (shape !== snapshot || isTaskSnapshot(payload));
}

/** A snapshot as far as this library relies on it. */
export function isTaskSnapshot(value: unknown): value is TaskSnapshot {
  if (!hasShape(value, snapshot)) return false;
  const { version, status } = value as unknown as TaskSnapshot;
  return Number.isSafeInteger(version) && taskStatuses.includes(status);
}

function hasShape(value: unknown, shape: Shape): value is Record<string, unknown> {
  if (typeof value !== "object" || value === null) return false;
  const fields = value as Record<string, unknown>;
  return Object.entries(shape).every(([name, type]) => typeof fields[name] === type && fields[name] !== null);
}
