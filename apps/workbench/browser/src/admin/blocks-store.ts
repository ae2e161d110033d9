import type { BlockRow } from "@signalbox/protocol";
import { type AnswerStore, openAnswerStore } from "./answer-store.ts";
import type { Section } from "./feed.ts";

const limit = 500;

/** The active blocks. */
export function openBlocks(section: Section): AnswerStore<readonly BlockRow[]> {
  let ends: ReturnType<typeof setTimeout> | undefined;

  const store = openAnswerStore(section, async () => {
    const { rows } = await section.request("list_blocks", { limit });
    readWhenNextEnds(rows);
    return rows;
  });

  /** Blocks expire without an event, so the list is read when the next one expires. */
  function readWhenNextEnds(rows: readonly BlockRow[]): void {
    clearTimeout(ends);
    const next = Math.min(...rows.map(({ until }) => Date.parse(until)));
    const wait = Math.min(Math.max(next - Date.now(), 0) + 500, longestTimerMs);
    if (rows.length > 0) ends = setTimeout(() => void store.read(), wait);
  }

  section.onBatch(({ security_events = [] }) => {
    const concernsBlocks = security_events.some(
      ({ type, event }) => type === "blocked" || event === "add_block" || event === "lift_block",
    );
    if (concernsBlocks) void store.read();
  });
  section.onClose(() => clearTimeout(ends));
  return store;
}

/** Browsers fire a longer timer at once. */
const longestTimerMs = 2 ** 31 - 1;
