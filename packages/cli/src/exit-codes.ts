/** How the command ends, for scripts. */
export const exitCodes = {
  ok: 0,
  /** What was looked at is not in order: a bad setting, a refused origin, a check that failed, a task that did. */
  bad: 1,
  /** The command was used wrongly: an unknown option, a file that cannot be read. */
  usage: 2,
} as const;

/** Ends the command with a sentence for the person who called it. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}
