import type { SecurityEvent, SecurityEventListRequest } from "@signalbox/protocol";
import type { Readable } from "../store.ts";
import type { Section } from "./feed.ts";
import { createLatest } from "./latest.ts";

/** Filters: a line must match all of them. */
export type SecurityFilters = Pick<SecurityEventListRequest, "type" | "severity" | "user_id" | "ip" | "filter">;

interface SecurityState {
  /** Newest first. */
  readonly lines: readonly SecurityEvent[];
  /** Number of new lines held back until the reader returns to the top. */
  readonly held: number;
  /** Number of matching lines in the whole log, when it was last read. */
  readonly total: number;
  readonly hasOlder: boolean;
  readonly filters: SecurityFilters;
  readonly phase: "loading" | "ready";
  readonly problem: string | null;
}

export interface SecurityStore {
  readonly state: Readable<SecurityState>;
  read(): void;
  /** Changes some of the filters. */
  narrow(filters: SecurityFilters): void;
  readOlder(): void;
  /** Whether the reader has scrolled down: the lines in view must not move then. */
  setReading(isReading: boolean): void;
}

const nothing: SecurityState = {
  ...{ lines: [], held: 0, total: 0, hasOlder: false, filters: {} },
  ...{ phase: "loading", problem: null },
};

/** The security log as a timeline. A folded line arrives again under its id, with a higher count. */
export function openSecurity(section: Section): SecurityStore {
  const state = section.keep<SecurityState>(nothing);
  const ask = createLatest(section, (problem) => state.patch({ problem }));
  const known = new Map<string, SecurityEvent>();
  const held = new Set<string>();
  /** The start of the next older page; undefined when there is none. */
  let older: string | undefined;
  let isLoaded = false;
  let isReading = false;

  section.onBatch(({ security_events = [] }) => {
    const told = security_events.filter((event) => matches(event, state.get().filters) && !isBeyond(event));
    if (told.length === 0) return;
    for (const event of told) accept(event);
    show();
  });
  section.onOpen(read);

  function read(): void {
    // Lines that arrive before the response say nothing about earlier ones.
    const before = new Set(known.keys());
    void ask(
      () => section.request("list_security_events", state.get().filters),
      ({ rows, next, total }) => {
        // After a long absence there may be lines between this page and the known ones: those are read as older lines.
        const last = rows.at(-1);
        if (!isLoaded || next === null || !rows.some(({ id }) => before.has(id))) {
          for (const [id, event] of known) if (last && byTime(event, last) > 0) known.delete(id);
          older = next ?? undefined;
        }
        isLoaded = true;
        for (const event of rows) accept(event);
        show({ total, phase: "ready", problem: null });
      },
    );
  }

  function accept(event: SecurityEvent): void {
    const before = known.get(event.id);
    if (before !== undefined && before.count >= event.count) return;
    known.set(event.id, event);
    const top = state.get().lines[0];
    if (isReading && before === undefined && top !== undefined && byTime(event, top) < 0) held.add(event.id);
  }

  /** Whether a line is still being folded but began before every line read so far: it arrives with the older pages. */
  function isBeyond(event: SecurityEvent): boolean {
    const bottom = state.get().lines.at(-1);
    return older !== undefined && bottom !== undefined && byTime(event, bottom) > 0;
  }

  function show(news: Partial<SecurityState> = {}): void {
    const lines = [...known.values()].filter(({ id }) => !held.has(id)).sort(byTime);
    state.patch({ ...news, lines, held: held.size, hasOlder: older !== undefined });
  }

  return {
    state,
    read,
    narrow(more) {
      const filters = { ...state.get().filters, ...more };
      known.clear();
      held.clear();
      older = undefined;
      isLoaded = false;
      state.set({ ...nothing, filters });
      read();
    },
    readOlder() {
      if (older === undefined) return;
      void ask(
        () => section.request("list_security_events", { ...state.get().filters, after: older }),
        ({ rows, next, total }) => {
          older = next ?? undefined;
          for (const event of rows) accept(event);
          show({ total, problem: null });
        },
      );
    },
    setReading(reading) {
      isReading = reading;
      if (reading || held.size === 0) return;
      held.clear();
      show();
    },
  };
}

/** Newest first, sorted as on the server: by time and then by id. */
function byTime(a: SecurityEvent, b: SecurityEvent): number {
  if (a.at !== b.at) return a.at < b.at ? 1 : -1;
  return a.id < b.id ? 1 : -1;
}

/** Applies the server's filters to lines that the server pushes. */
function matches(event: SecurityEvent, { filter = "", ...exact }: SecurityFilters): boolean {
  const { detail, ip, user_id, type, code, event: name } = event;
  return (
    Object.entries(exact).every(
      ([field, value]) => value === undefined || event[field as keyof typeof exact] === value,
    ) && [detail, ip, user_id, type, code, name].join("\n").toLowerCase().includes(filter.toLowerCase())
  );
}
