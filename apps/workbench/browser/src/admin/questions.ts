import type { BlockRow, ConnectionRow, TaskSnapshot } from "@signalbox/protocol";
import { plural, timeWords } from "../words.ts";
import type { Section } from "./feed.ts";

/** An action that is hard to undo and needs a confirmation. */
export interface Question {
  readonly title: string;
  /** What the action does, and to which user or object. */
  readonly text: string;
  /** The label of the button that confirms. */
  readonly action: string;
  /** Whether to ask for a reason, for the security log: the affected user deserves one. */
  readonly reason?: "required" | "optional";
  /** Whether the administrator chooses a duration. */
  readonly asksDuration?: boolean;
  /** Performs the action and resolves to the result, as a sentence. */
  proceed(entry: Entry): Promise<string>;
}

interface Entry {
  /** Empty when no reason was given. */
  readonly reason: string;
  readonly seconds: number;
}

/** Durations of a block, in seconds. */
export const blockDurations = [
  { seconds: 300, words: "5 minutes" },
  { seconds: 3600, words: "1 hour" },
  { seconds: 86_400, words: "1 day" },
  { seconds: 604_800, words: "1 week" },
] as const;

type Request = Section["request"];
type User = Pick<ConnectionRow, "user_id" | "username">;
type Subject = Pick<BlockRow, "subject" | "id">;

const because = (reason: string): { reason?: string } => (reason === "" ? {} : { reason });

export const disconnectQuestion = (request: Request, { user_id, username }: User): Question => ({
  title: `Disconnect ${username}?`,
  text: "Closes every connection of this user. They stay signed in and can connect again.",
  action: "Disconnect",
  reason: "required",
  async proceed({ reason }) {
    const { disconnected } = await request("disconnect_user", { user_id, reason });
    return `Closed ${plural(disconnected, "connection")} of ${username}.`;
  },
});

export const revokeQuestion = (request: Request, username: string, session_ref: string): Question => ({
  title: `End this session of ${username}?`,
  text: "Signs this user out wherever the session is in use. They can sign in again.",
  action: "End session",
  reason: "optional",
  async proceed({ reason }) {
    const { revoked } = await request("revoke_session", { session_ref, ...because(reason) });
    return revoked ? `Ended a session of ${username}.` : `This session of ${username} had already ended.`;
  },
});

export const blockQuestion = (request: Request, { subject, id }: Subject, name: string): Question => ({
  title: `Block ${name}?`,
  text:
    subject === "user"
      ? "Closes every connection of this user, and refuses new ones until the block expires."
      : "Refuses new connections of guests from this address until the block expires. Signed-in users are not affected.",
  action: "Block",
  reason: "required",
  asksDuration: true,
  async proceed({ reason, seconds }) {
    const { block } = await request("add_block", { subject, id, seconds, reason });
    return `Blocked ${name} until ${timeWords(block.until)}.`;
  },
});

export const liftQuestion = (request: Request, { subject, id }: Subject, name: string): Question => ({
  title: `Lift the block of ${name}?`,
  text: "They can connect again at once, and their offences no longer count. The security log keeps them.",
  action: "Lift the block",
  reason: "optional",
  async proceed({ reason }) {
    const { lifted } = await request("lift_block", { subject, id, ...because(reason) });
    return lifted ? `Lifted the block of ${name}.` : `The block of ${name} had already expired.`;
  },
});

export const cancelQuestion = (request: Request, { task_id, title }: TaskSnapshot, owner: string): Question => ({
  title: `Cancel “${title}”?`,
  text: `This task belongs to ${owner}. Finished results are kept; the rest is not done.`,
  action: "Cancel the task",
  reason: "optional",
  async proceed({ reason }) {
    await request("cancel_task", { task_id, ...because(reason) });
    return `Cancelling “${title}”. It stops after the current step.`;
  },
});
