import type { TaskError } from "@signalbox/protocol";
import type { JobFailure } from "./job.ts";

/** What people are told when something went wrong that they can do nothing about. */
export const internalFailure: TaskError = { code: "internal", message: "Something went wrong on the server." };

/** BullMQ carries a failure as one text: what people may read is marked, by its code and a colon in front. */
export const reasonOf = (failure: JobFailure): string => `${failure.code}: ${failure.message}`;

export function failureOf(reason: string): TaskError {
  const [, code, message] = /^([a-z_]+): (.+)$/s.exec(reason) ?? [];
  return code === undefined || message === undefined ? internalFailure : { code, message };
}
