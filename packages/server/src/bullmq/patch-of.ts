import type { TaskPatch } from "../tasks/task-transitions.ts";

const texts = ["step", "message"] as const;
const numbers = ["percent", "current", "total", "eta_seconds"] as const;

/**
 * What a worker's `job.updateProgress` says of a task: a number is a percentage; of an object the fields of a report are
 * taken, and everything else is the worker's own.
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
