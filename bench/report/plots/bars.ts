import type { Spread } from "../../statistics.ts";
import { formatNumber } from "../numbers.ts";
import type { Tone } from "./colours.ts";
import type { Panel } from "./panel.ts";
import { element, line, text } from "./svg.ts";

export interface Bar {
  readonly label: string;
  readonly tone: Tone;
  readonly spread: Spread;
  /** Behind the figure, such as `µs`. */
  readonly note: string;
}

const left = 220;
const longest = 340;
/** In a column of their own: beside the bars they would stand on the dashed line. */
const figures = left + longest + 16;
const rowHeight = 26;
const barHeight = 14;
const titleHeight = 30;
const bottom = 14;

interface BarPanelOptions {
  readonly title: string;
  readonly bars: readonly Bar[];
  /** Where a dashed line crosses all bars. */
  readonly mark: number | undefined;
  /** The most that is drawn: a bar beyond is cut, so that the others keep room. Default: none. */
  readonly limit?: number | undefined;
}

/** Bars from zero, with whiskers from the smallest to the largest of all rounds. */
export function barPanel({ title, bars, mark, limit = Number.POSITIVE_INFINITY }: BarPanelOptions): Panel {
  const full = Math.min(limit, Math.max(...bars.map(({ spread }) => spread.max))) || 1;
  const height = titleHeight + bars.length * rowHeight;
  const scale = (value: number): number => left + (Math.min(value, full) / full) * longest;
  const rows = bars.map((bar, index) => drawBar(bar, titleHeight + index * rowHeight, scale, full));
  const markup = [
    text(0, 16, "title", title),
    ...(mark === undefined ? [] : [verticalAt(scale(mark), height, "grid")]),
    ...rows,
    verticalAt(left, height, "axis"),
  ].join("");
  return { height: height + bottom, markup };
}

const verticalAt = (x: number, height: number, className: string): string =>
  line(x, titleHeight - 2, x, height, className);

function drawBar(
  { label, tone, spread, note }: Bar,
  top: number,
  scale: (value: number) => number,
  full: number,
): string {
  const middle = top + rowHeight / 2;
  const upper = middle - barHeight / 2;
  const isCut = spread.median > full;
  const width = Math.max(1, scale(spread.median) - left);
  const end = isCut ? left + longest : scale(spread.max);
  return [
    text(left - 10, middle + 4.5, tone === "own" ? "label strong" : "label", label),
    element(
      "g",
      { class: tone },
      element("rect", { x: left, y: upper, width, height: barHeight }),
      isCut ? cutMark(end, upper) : whisker(scale(spread.min), end, middle),
    ),
    text(figures, middle + 4.5, tone === "own" ? "strong" : "value", `${formatNumber(spread.median)} ${note}`),
  ].join("");
}

function whisker(from: number, to: number, middle: number): string {
  if (to - from < 1) return "";
  const cap = (x: number): string => line(x, middle - 4, x, middle + 4, "cap");
  return line(from, middle, to, middle, "whisker") + cap(from) + cap(to);
}

/** Two strokes across the end: the bar would go on. */
const cutMark = (end: number, upper: number): string =>
  [14, 8].map((back) => line(end - back - 3, upper + barHeight + 4, end - back + 3, upper - 4, "cut")).join("");
