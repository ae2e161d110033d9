/** What the siege asks of the server that it besieges, over the channel between the two processes. */
export interface Calls {
  signIn: {
    ask: { userId: string; role?: "user" | "admin"; expiresInMs?: number };
    answer: { cookie: string; ref: string };
  };
  /** Ends a session, as a logout or ban does, or takes the administrator's role away. Answers with the moment, of the epoch. */
  revoke: { ask: { userId: string; how: "signed_out" | "banned" | "role_changed" }; answer: { at: number } };
  /** Lines of the security log by type: how many, and how many events they count. */
  log: { ask: object; answer: { lines: number; counts: Record<string, number> } };
  /** After garbage collection. */
  heap: { ask: object; answer: { bytes: number; connections: number } };
}

export type Name = keyof Calls;
export interface Ask {
  readonly id: number;
  readonly name: Name;
  readonly ask: object;
}
export type FromServer =
  | { readonly type: "ready"; readonly port: number }
  | { readonly type: "answer"; readonly id: number; readonly answer: object }
  | { readonly type: "fault"; readonly detail: string };

/** One clock for all processes of a machine, in milliseconds (CLOCK_MONOTONIC). */
export const monotonicMs = (): number => Number(process.hrtime.bigint()) / 1e6;

/** What a bystander receives: when it was sent, and how long the server had waited for a core until then. */
export interface Beat {
  readonly sentMs: number;
  readonly withheldMs: number;
  readonly canary: string;
}

/** In every stream of another user: any other client that receives it has received what is not its own. */
export const canary = "for-bystanders-only";

/** How often each bystander is sent a word of their own. */
export const beatMs = 100;
