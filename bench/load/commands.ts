import type { Target } from "../peers/peer.ts";

/** What the load process can be told over standard input. It is started anew for each peer. */
export type LoadCommands = {
  /** Whom to connect to. Comes first. */
  aim: { readonly params: { readonly target: Target }; readonly answer: Record<never, never> };
  /** Reads the CSRF tokens of users, where the target is secured: in life a page has read its own before it connects. */
  tokens: { readonly params: UserRange; readonly answer: Record<never, never> };
  /** Opens one client for each user, `atOnce` at a time, and answers when all are in. */
  open: { readonly params: OpenParams; readonly answer: OpenAnswer };
  /** Closes every client. */
  close: { readonly params: Record<never, never>; readonly answer: Record<never, never> };
  /** W2: turns of `broadcasts` each, at most `ahead` turns beyond what every client has received. */
  fanOut: { readonly params: FanOutParams; readonly answer: FanOutAnswer };
  /** W2 and W4: turns of `broadcasts` each, at an even pace, whatever the clients receive. */
  paced: { readonly params: PacedParams; readonly answer: PacedAnswer };
  /** W3, W6, W7: every client joins tasks of its own choice; answers when all have been let in. */
  watch: { readonly params: WatchParams; readonly answer: Record<never, never> };
  /** Counts, from now on, what arrives of so many tasks. */
  observe: { readonly params: { readonly tasks: number }; readonly answer: Record<never, never> };
  /** What has arrived since `observe`. */
  observed: { readonly params: Record<never, never>; readonly answer: ObservedAnswer };
  /** W4: the client with this index stops reading. */
  pause: { readonly params: { readonly client: number }; readonly answer: Record<never, never> };
  /** It reads again, up to the end if there is one. */
  resume: { readonly params: { readonly client: number }; readonly answer: ResumeAnswer };
  /** W5: from now on clients that are lost come back, by the rule of their library. */
  comeBack: { readonly params: Record<never, never>; readonly answer: Record<never, never> };
  /** Waits until all are back, or a time is over. */
  areBack: { readonly params: AreBackParams; readonly answer: AreBackAnswer };
};

/** Users `from`, `from + 1`, … each with an address, a session and a client of its own. */
export interface UserRange {
  readonly from: number;
  readonly count: number;
}

export interface OpenParams extends UserRange {
  readonly atOnce: number;
  /** Socket.IO's. Default: `/`. */
  readonly namespace?: string;
}

interface OpenAnswer {
  readonly seconds: number;
}

export interface FanOutParams {
  readonly broadcasts: number;
  readonly bytes: number;
  readonly ahead: number;
  readonly seconds: number;
}

export interface FanOutAnswer {
  readonly deliveries: number;
  /** From the first turn asked for to the last delivery. */
  readonly seconds: number;
}

export interface PacedParams {
  readonly broadcasts: number;
  readonly bytes: number;
  readonly turnsPerSecond: number;
  readonly seconds: number;
}

export interface PacedAnswer {
  readonly deliveries: number;
  /** Between the stamp of a broadcast and its arrival, over all deliveries. */
  readonly p50Ms: number;
  readonly p99Ms: number;
}

export interface WatchParams {
  readonly tasks: number;
  readonly perClient: number;
  /** `blocks`: neighbours watch the same tasks. `random`: a seeded choice, in which no two are alike. */
  readonly choice: "blocks" | "random";
}

export interface ObservedAnswer {
  readonly frames: number;
  /** States of tasks: a frame may carry several. */
  readonly states: number;
  /** Age of a state at the moment at which the next one of the same task replaces it. */
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** Between the report of a state and its arrival. */
  readonly delayP50Ms: number;
  readonly delayP99Ms: number;
}

export interface ResumeAnswer {
  readonly closed: boolean;
  /** Of the WebSocket close frame; null when none came. */
  readonly code: number | null;
}

export interface AreBackParams {
  /** Of the monotonic clock: when the server was there again. */
  readonly sinceUs: number;
  readonly withinSeconds: number;
}

export interface AreBackAnswer {
  readonly lost: number;
  readonly back: number;
  /** How often a server said no to one that came back. */
  readonly refused: number;
  /**
   * Since the server was there, until 5 %, 10 % and so on to 100 % of those that are back were in; all NaN when none
   * is.
   */
  readonly twentiethsMs: readonly number[];
}
