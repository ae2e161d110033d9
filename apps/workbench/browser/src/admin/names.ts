import type { ConnectionRow } from "@signalbox/protocol";
import type { Readable } from "../store.ts";
import { atMostEvery } from "./at-most-every.ts";
import type { Section } from "./feed.ts";
import { createLatest } from "./latest.ts";

/** Usernames by id, as far as they appeared among the connections. */
type Known = ReadonlyMap<string, string>;

export interface Names {
  readonly state: Readable<Known>;
  /** The name, or the id while the name is unknown. */
  of(userId: string): string;
  /** Reads the current connections. */
  look(): void;
  /** Takes the names from connections that another part has read. */
  learn(rows: readonly Pick<ConnectionRow, "user_id" | "username">[]): void;
}

const maxRows = 500;
const paceMs = 2000;

/** On a busy server users connect all the time, and few of them are those whose name is missing. */
const retryMs = 10_000;

/** Tasks and log entries contain only user ids. An id without a known name triggers a read of the names. */
export function openNames(section: Section): Names {
  const state = section.keep<Known>(new Map());
  const ask = createLatest(section, () => {});
  const wanted = new Set<string>();
  /** Users who were not connected have no known name. That may change with the next connection. */
  const missed = new Set<string>();

  const read = (): void =>
    void ask(
      () => section.request("list_connections", { limit: maxRows, sort: "connected_at", descending: true }),
      ({ rows }) => {
        learn(rows);
        for (const id of wanted) if (!state.get().has(id)) missed.add(id);
        wanted.clear();
      },
    );

  function learn(rows: readonly Pick<ConnectionRow, "user_id" | "username">[]): void {
    const known = state.get();
    const seen = rows.map(({ user_id, username }) => [user_id, username] as const);
    if (seen.some(([id, name]) => known.get(id) !== name)) state.set(new Map([...known, ...seen]));
  }

  const onWanted = atMostEvery(paceMs, read);
  const onOpened = atMostEvery(retryMs, () => missed.clear());
  section.onClose(onWanted.stop);
  section.onClose(onOpened.stop);
  section.onBatch(({ connections }) => connections && connections.opened > 0 && onOpened.ask());
  section.onOpen(() => {
    missed.clear();
    onWanted.ask();
  });

  return {
    state,
    of(userId) {
      const name = state.get().get(userId);
      if (name === undefined && !missed.has(userId)) {
        wanted.add(userId);
        onWanted.ask();
      }
      return name ?? userId;
    },
    look: onWanted.ask,
    learn,
  };
}
