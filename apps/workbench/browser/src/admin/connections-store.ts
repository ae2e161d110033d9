import type { ConnectionRow, ConnectionSort } from "@signalbox/protocol";
import type { Readable } from "../store.ts";
import { atMostEvery } from "./at-most-every.ts";
import type { Section } from "./feed.ts";
import { createLatest } from "./latest.ts";

interface ConnectionsState {
  readonly filter: string;
  readonly sort: ConnectionSort;
  readonly descending: boolean;
  /** The number of connections; null before the first response. */
  readonly total: number | null;
  /** Position of the first of `rows` in the whole list. */
  readonly offset: number;
  /** From one moment, so that no connection appears twice. */
  readonly rows: readonly ConnectionRow[];
  readonly problem: string | null;
}

export interface ConnectionsStore {
  readonly state: Readable<ConnectionsState>;
  read(): void;
  /** Reports which positions are in view. */
  look(first: number, last: number): void;
  search(filter: string): void;
  sortBy(sort: ConnectionSort, descending: boolean): void;
}

/** Rows read beyond those in view, on either side. */
const margin = 40;
const maxRows = 500;

/** A view this close to the end of the read rows triggers a read of the rows beyond them. */
const near = margin / 2;

/** While a user drags the scroll bar through ten thousand rows, reads are limited to this pace. */
const scrollPaceMs = 150;
const livePaceMs = 2000;

/** The part of the list of connections that is in view. */
export function openConnections(section: Section): ConnectionsStore {
  const state = section.keep<ConnectionsState>({
    ...{ filter: "", sort: "connected_at", descending: true },
    ...{ total: null, offset: 0, rows: [], problem: null },
  });
  const ask = createLatest(section, (problem) => state.patch({ problem }));
  let view = { first: 0, last: margin };

  function read(): void {
    const { filter, sort, descending } = state.get();
    const offset = Math.max(view.first - margin, 0);
    const limit = Math.min(view.last + margin - offset + 1, maxRows);
    void ask(
      () => section.request("list_connections", { filter, sort, descending, offset, limit }),
      ({ rows, total }) => state.patch({ rows, total, offset, problem: null }),
    );
  }

  const onScroll = atMostEvery(scrollPaceMs, read);
  const onChange = atMostEvery(livePaceMs, read);
  section.onClose(onScroll.stop);
  section.onClose(onChange.stop);

  let wereSlow = 0;
  section.onBatch(({ connections, metrics }) => {
    // Only this count shows that connections have become slow, have more or less buffered, or have caught up.
    const areSlow = metrics?.slow_connections ?? wereSlow;
    if (connections || areSlow > 0 || wereSlow > 0) onChange.ask();
    wereSlow = areSlow;
  });
  section.onOpen(read);

  function question(fields: Partial<ConnectionsState>): void {
    state.patch(fields);
    read();
  }

  return {
    state,
    read,
    look(first, last) {
      view = { first, last };
      const { offset, rows, total } = state.get();
      const end = offset + rows.length;
      const [isNearStart, isNearEnd] = [first - near < offset && offset > 0, last + near >= end && end < (total ?? 0)];
      if (isNearStart || isNearEnd) onScroll.ask();
    },
    search: (filter) => question({ filter }),
    sortBy: (sort, descending) => question({ sort, descending }),
  };
}
