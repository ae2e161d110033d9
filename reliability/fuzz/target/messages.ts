/** What the server under attack and those who attack it tell each other, beside the attack. */
export type ToServer = { type: "look"; id: number; thorough: boolean };

export type FromServer =
  | { type: "ready"; port: number }
  | { type: "state"; id: number; state: State }
  /** Something that no request may cause: the process itself is in question. */
  | { type: "fault"; what: string; detail: string };

/** What the server knows that a request could have changed. */
export interface State {
  readonly sockets: readonly LiveSocket[];
  /** Those that have gone since the last look, as they were when they went. */
  readonly departed: readonly LiveSocket[];
  /** Every task but the watchers' streams, by id: its whole snapshot as text. */
  readonly tasks: Readonly<Record<string, string>>;
  /** Every session, by its name: user and role. */
  readonly sessions: Readonly<Record<string, string>>;
  /** Which tasks the application was asked to cancel since the last look, and by whom. */
  readonly cancels: readonly { readonly task: string; readonly by: string }[];
  /** Which sessions the application was asked to revoke since the last look. */
  readonly revoked: readonly string[];
  /** What was added to the prototypes that everything inherits from. */
  readonly pollution: readonly string[];
  readonly connections: number;
  /** Sockets on their way into a namespace. */
  readonly entering: number;
  readonly tcpStreams: number;
  /** After a collection, where the look was thorough. */
  readonly heapBytes: number;
}

export interface LiveSocket {
  readonly sid: string;
  readonly namespace: string;
  readonly userId: string;
  readonly role: string;
  readonly rooms: readonly string[];
}
