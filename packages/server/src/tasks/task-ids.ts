import { isId, maxIdLength } from "@signalbox/protocol/schemas";

const pattern = /^[\w.:-]{1,128}$/;

/** Whether a value can be a task's id. No store receives any other value: PostgreSQL fails at a text with NUL. */
export const isTaskId = (value: unknown): value is string => typeof value === "string" && pattern.test(value);

/** @throws TypeError for what cannot be a task's id */
export function requireTaskId(taskId: string): void {
  if (!isTaskId(taskId)) throw new TypeError(`Task id ${JSON.stringify(taskId)} must match ${pattern}.`);
}

/** @throws TypeError for what cannot be a user's id */
export function requireOwner(ownerId: string): void {
  if (typeof ownerId === "string" && isId(ownerId)) return;
  throw new TypeError(`A task's \`owner_id\` must be a string of 1 to ${maxIdLength} characters without NUL.`);
}
