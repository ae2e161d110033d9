/** Exit codes of the command, for scripts. */
export const exitCodes = {
  ok: 0,
  /** A check failed: a bad setting, a refused origin, a failed task. */
  bad: 1,
  /** Usage error: an unknown option, a file that cannot be read. */
  usage: 2,
} as const;

/** Ends the command with a sentence for the user. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}
