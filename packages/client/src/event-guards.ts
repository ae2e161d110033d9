import {
  type AdminEvents,
  type TaskSnapshot,
  type TaskStatus,
  taskStatuses,
  type UserEvents,
} from "@signalbox/protocol";
import { type Check, isObject, list, number, shaped, text } from "./shape.ts";

/** Checks only those fields of a snapshot that this library relies on. */
export const isTaskSnapshot = shaped<TaskSnapshot>({
  task_id: text,
  version: Number.isSafeInteger,
  status: (status) => taskStatuses.includes(status as TaskStatus),
});

/** The fields that each event of the contract must have, so that no listener receives a malformed message. */
const checks: { readonly [Event in keyof UserEvents | keyof AdminEvents]: Check } = {
  connection_established: shaped({ namespace: text, user_id: text }),
  session_ending: shaped({ reason: text }),
  server_draining: shaped({ reconnect_after_ms: number }),
  error: shaped({ code: text, message: text }),
  progress_update: isTaskSnapshot,
  // Each snapshot in the batch is checked separately: a malformed one must not discard the others.
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

/** A Map, so that an event named `constructor` finds nothing. */
const known = new Map(Object.entries(checks));

/**
 * Whether a payload has the form that the contract requires for the event. Events of the application itself are not
 * checked.
 */
export const isWellFormed = (event: string, payload: unknown): boolean => known.get(event)?.(payload) ?? true;
