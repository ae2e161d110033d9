import type { TaskPatch } from "../tasks/task-transitions.ts";

const texts = ["step", "message"] as const;
const numbers = ["percent", "current", "total", "eta_seconds"] as const;

/**
 * Converts the argument of a worker's `job.updateProgress` to a report. A number is a percentage. The fields of a
 * report are taken from an object; all other fields are the worker's own.
 */
export function patchOf(progress: unknown): TaskPatch {
  if (typeof progress === "number") return { percent: progress };
  if (typeof progress !== "object" || progress === null) return {};
  const given = progress as Readonly<Record<string, unknown>>;
  const patch: Record<string, unknown> = {};
  for (const field of texts) if (typeof given[field] === "string") patch[field] = given[field];
  for (const field of numbers) if (typeof given[field] === "number") patch[field] = given[field];
  return patch;
}
