import { hash } from "node:crypto";
import { createBoundedMap } from "../core/bounded-map.ts";

/** Characters that a task's id may have; BullMQ takes any text for a job's. */
const plain = /^[\w.:-]+$/;
const maxTaskId = 128;

/** Prefixes of encoded ids: base64url of the text, or of its hash where that would be too long. */
const encodedMark = "b64:";
const hashedMark = "sha256:";
const maxHashed = hashedMark.length + 43;

/** Number of hashed ids that are remembered; for older ones the queue is searched. */
const maxRemembered = 10_000;

/** Maps the ids of a queue's jobs to ids of tasks, and back. */
export interface TaskIds {
  readonly prefix: string;
  /** Two jobs never have the same task id. Most ids stay as they are. */
  of(jobId: string): string;
  /** The job's id; undefined for a hash that is not remembered. */
  jobIdOf(taskId: string): string | undefined;
}

/**
 * @param queueName - in front of each id, unless `prefix` is given
 * @throws TypeError for a prefix that no task's id may have
 */
export function createTaskIds(queueName: string, prefix?: string): TaskIds {
  const start = prefix ?? `${encode(queueName, maxTaskId - maxHashed - 1)}:`;
  if (start !== "" && !plain.test(start)) throw new TypeError(`taskIdPrefix "${start}" must match ${plain}.`);
  const room = maxTaskId - start.length;
  if (room < maxHashed) {
    throw new TypeError(
      `taskIdPrefix "${start}" has ${start.length} characters; at most ${maxTaskId - maxHashed} fit.`,
    );
  }
  const hashed = createBoundedMap<string, string>(maxRemembered);

  return {
    prefix: start,
    of(jobId) {
      const encoded = encode(jobId, room);
      if (encoded.startsWith(hashedMark)) hashed.set(encoded, jobId);
      return start + encoded;
    },
    jobIdOf(taskId) {
      const encoded = taskId.slice(start.length);
      if (encoded.startsWith(hashedMark)) return hashed.get(encoded);
      if (!encoded.startsWith(encodedMark)) return encoded;
      return Buffer.from(encoded.slice(encodedMark.length), "base64url").toString();
    },
  };
}

/** A text that looks encoded is encoded as well, so that no two texts have the same result. */
function encode(text: string, maxLength: number): string {
  const looksEncoded = text.startsWith(encodedMark) || text.startsWith(hashedMark);
  if (plain.test(text) && !looksEncoded && text.length <= maxLength) return text;
  const encoded = encodedMark + Buffer.from(text).toString("base64url");
  return encoded.length <= maxLength ? encoded : hashedMark + hash("sha256", text, "base64url");
}
