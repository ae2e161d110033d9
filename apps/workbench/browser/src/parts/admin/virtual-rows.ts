import {
  defaultRangeExtractor,
  elementScroll,
  observeElementOffset,
  observeElementRect,
  type VirtualItem,
  Virtualizer,
  type VirtualizerOptions,
} from "@tanstack/virtual-core";
import type { RefObject } from "preact";
import { useLayoutEffect, useReducer, useRef, useState } from "preact/hooks";

interface VirtualRowsOptions {
  /** What scrolls. */
  frame: RefObject<HTMLElement | null>;
  count: number;
  keyOf: (index: number) => string;
  /** Pixels of a row before it has been measured. */
  estimate: number;
}

interface VirtualRows {
  items: readonly VirtualItem[];
  totalSize: number;
  /** Positions in view; null while there is none. */
  range: { startIndex: number; endIndex: number } | null;
  /** To be the `ref` of each row, which carries its index as `data-index`. */
  measure: (row: HTMLElement | null) => void;
}

/** Rows drawn beyond those in view, so that scrolling shows no holes. */
const overscan = 8;

/** Which of many rows are in view, and where they are. A row with the focus stays, wherever one scrolls to. */
export function useVirtualRows({ frame, count, keyOf, estimate }: VirtualRowsOptions): VirtualRows {
  const [, redraw] = useReducer((drawn: number) => drawn + 1, 0);
  const focused = useRef<number | null>(null);
  const options: VirtualizerOptions<HTMLElement, HTMLElement> = {
    count,
    overscan,
    getScrollElement: () => frame.current,
    estimateSize: () => estimate,
    getItemKey: keyOf,
    scrollToFn: elementScroll,
    observeElementRect,
    observeElementOffset,
    onChange: () => redraw(undefined),
    rangeExtractor(range) {
      const shown = defaultRangeExtractor(range);
      const kept = focused.current;
      return kept === null || kept >= range.count || shown.includes(kept) ? shown : [...shown, kept];
    },
  };
  const [rows] = useState(() => new Virtualizer(options));
  rows.setOptions({ ...rows.options, ...options });

  useLayoutEffect(() => rows._didMount(), [rows]);
  useLayoutEffect(() => rows._willUpdate());
  useLayoutEffect(() => {
    const note = (event: FocusEvent): void => {
      const row = (event.target as Element).closest<HTMLElement>("[data-index]");
      focused.current = row === null ? null : Number(row.dataset.index);
    };
    const { current } = frame;
    current?.addEventListener("focusin", note);
    return () => current?.removeEventListener("focusin", note);
  }, [frame]);

  return {
    items: rows.getVirtualItems(),
    totalSize: rows.getTotalSize(),
    range: rows.range,
    measure: rows.measureElement,
  };
}
