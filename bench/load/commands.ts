import type { Target } from "../peers/peer.ts";

/** What the load process can be told over standard input. It is started anew for each peer. */
export type LoadCommands = {
  /** Whom to connect to. Comes first. */
  aim: { readonly params: { readonly target: Target }; readonly answer: Record<never, never> };
  /** Reads the CSRF tokens of users, where the target is secured: in life a page has read its own before it connects. */
  tokens: { readonly params: UserRange; readonly answer: Record<never, never> };
  /** Opens one client for each user, `atOnce` at a time, and answers when all are in. */
  open: { readonly params: UserRange & { readonly atOnce: number }; readonly answer: OpenAnswer };
  /** Closes every client. */
  close: { readonly params: Record<never, never>; readonly answer: Record<never, never> };
  /** W2: turns of `broadcasts` each, at most `ahead` turns beyond what every client has received. */
  fanOut: { readonly params: FanOutParams; readonly answer: FanOutAnswer };
  /** W2 and W4: turns of `broadcasts` each, at an even pace, whatever the clients receive. */
  paced: { readonly params: PacedParams; readonly answer: PacedAnswer };
};

/** Users `from`, `from + 1`, … each with an address, a session and a client of its own. */
export interface UserRange {
  readonly from: number;
  readonly count: number;
}

export interface OpenAnswer {
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
