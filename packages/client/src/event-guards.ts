import {
  type AdminEvents,
  type TaskSnapshot,
  type TaskStatus,
  taskStatuses,
  type UserEvents,
} from "@signalbox/protocol";
import { type Check, isObject, list, number, shaped, text } from "./shape.ts";

/** A snapshot as far as this library relies on it. */
export const isTaskSnapshot = shaped<TaskSnapshot>({
  task_id: text,
  version: Number.isSafeInteger,
  status: (status) => taskStatuses.includes(status as TaskStatus),
});

/** What each event of the contract must have, so that nobody's listener meets a message of another form. */
const checks: { readonly [Event in keyof UserEvents | keyof AdminEvents]: Check } = {
  connection_established: shaped({ namespace: text, user_id: text }),
  session_ending: shaped({ reason: text }),
  server_draining: shaped({ reconnect_after_ms: number }),
  error: shaped({ code: text, message: text }),
  progress_update: isTaskSnapshot,
  // Each snapshot in it is judged by itself: a malformed one must not take the others with it.
  progress_batch: shaped({ tasks: list }),
  task_completed: isTaskSnapshot,
  task_error: isTaskSnapshot,
  task_cancelled: isTaskSnapshot,
  system_metrics_update: shaped({ metrics: isObject }),
  job_update: shaped({ type: text, job: isObject }),
  admin_alert: shaped({ alert: isObject }),
  security_event: shaped({ id: text, type: text }),
  admin_batch: isObject,
  connections_update: shaped({ opened: number, closed: number, total: number }),
};

/** In a Map: an event called `constructor` must find nothing. */
const known = new Map(Object.entries(checks));

/** Whether a payload has the form that the contract gives the event; events of the application's own are its own affair. */
export const isWellFormed = (event: string, payload: unknown): boolean => known.get(event)?.(payload) ?? true;
