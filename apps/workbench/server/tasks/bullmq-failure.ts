import type { TaskError } from "@signalbox/protocol";
import type { JobFailure } from "./job.ts";

/** Shown to users when an error occurred that they cannot fix. */
export const internalFailure: TaskError = { code: "internal", message: "Something went wrong on the server." };

/** Code and message of a job that ended its process `maxCrashes` times. */
export const crashedTooOften = [
  "crashed",
  "The server stopped twice while it worked on this task, so it is not tried again. Send fewer or smaller images.",
] as const;

/** BullMQ's failure reason for a job whose workers died. */
const stalledReason = "job stalled more than allowable limit";

/** BullMQ stores a failure as one text. A message for users is marked by its code and a colon in front. */
export const reasonOf = (failure: JobFailure): string => `${failure.code}: ${failure.message}`;

export function failureOf(reason: string): TaskError {
  if (reason === stalledReason) return { code: crashedTooOften[0], message: crashedTooOften[1] };
  const [, code, message] = /^([a-z_]+): (.+)$/s.exec(reason) ?? [];
  return code === undefined || message === undefined ? internalFailure : { code, message };
}
