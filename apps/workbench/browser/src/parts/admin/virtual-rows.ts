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
import { useLayoutEffect, useReducer, useState } from "preact/hooks";

interface VirtualRowsOptions {
  /** The scroll container. */
  frame: RefObject<HTMLElement | null>;
  count: number;
  keyOf: (index: number) => string;
  /** Estimated height of a row in pixels, used until it is measured. */
  estimate: number;
}

interface VirtualRows {
  items: readonly VirtualItem[];
  totalSize: number;
  /** Positions in view; null while there is none. */
  range: { startIndex: number; endIndex: number } | null;
  /** Use this as the `ref` of each row, which carries its index as `data-index`. */
  measure: (row: HTMLElement | null) => void;
}

/** Rows rendered beyond those in view, so that scrolling shows no gaps. */
const overscan = 8;

/**
 * Which of many rows are in view, and their positions. The row with the focus stays rendered, wherever the user
 * scrolls.
 */
export function useVirtualRows({ frame, count, keyOf, estimate }: VirtualRowsOptions): VirtualRows {
  const [, redraw] = useReducer((drawn: number) => drawn + 1, 0);
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
      const focused = indexOf(document.activeElement, frame.current);
      return focused === null || focused >= range.count || shown.includes(focused) ? shown : [...shown, focused];
    },
  };
  const [rows] = useState(() => new Virtualizer(options));
  rows.setOptions({ ...rows.options, ...options });

  useLayoutEffect(() => rows._didMount(), [rows]);
  useLayoutEffect(() => rows._willUpdate());

  return {
    items: rows.getVirtualItems(),
    totalSize: rows.getTotalSize(),
    range: rows.range,
    measure: rows.measureElement,
  };
}

/** The position of the row that contains an element; null for an element outside this list. */
export function indexOf(element: Element | null, list: HTMLElement | null): number | null {
  const row = element?.closest<HTMLElement>("[data-index]");
  return row && list?.contains(row) ? Number(row.dataset.index) : null;
}
