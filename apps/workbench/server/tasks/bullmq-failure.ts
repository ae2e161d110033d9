import type { TaskError } from "@signalbox/protocol";
import type { JobFailure } from "./job.ts";

/** What people are told when something went wrong that they can do nothing about. */
export const internalFailure: TaskError = { code: "internal", message: "Something went wrong on the server." };

/** Code and message of a job that ended its process `maxCrashes` times. */
export const crashedTooOften = [
  "crashed",
  "The server stopped twice while it worked on this task, so it is not tried again. Send fewer or smaller images.",
] as const;

/** What BullMQ says of a job whose workers died. */
const stalledReason = "job stalled more than allowable limit";

/** BullMQ carries a failure as one text: what people may read is marked, by its code and a colon in front. */
export const reasonOf = (failure: JobFailure): string => `${failure.code}: ${failure.message}`;

export function failureOf(reason: string): TaskError {
  if (reason === stalledReason) return { code: crashedTooOften[0], message: crashedTooOften[1] };
  const [, code, message] = /^([a-z_]+): (.+)$/s.exec(reason) ?? [];
  return code === undefined || message === undefined ? internalFailure : { code, message };
}
