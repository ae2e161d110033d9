import type { Tone } from "./colours.ts";
import { figureWidth } from "./figure.ts";
import type { Panel } from "./panel.ts";
import { element, line, text } from "./svg.ts";

export interface Curve {
  readonly label: string;
  readonly tone: Tone;
  /** In order of `x`. */
  readonly points: readonly { readonly x: number; readonly share: number }[];
}

const left = 60;
const right = 200;
const titleHeight = 34;
const plotHeight = 160;
const bottom = 48;
const width = figureWidth - left - right;

/**
 * Shares from 0 to 100 % over time.
 * @param xLabel - below the axis, with its unit
 */
export function curvePanel(title: string, xLabel: string, curves: readonly Curve[]): Panel {
  const last = Math.ceil(Math.max(1, ...curves.flatMap(({ points }) => points.map(({ x }) => x))));
  const xOf = (x: number): number => left + (x / last) * width;
  const yOf = (share: number): number => titleHeight + (1 - share) * plotHeight;

  const shares = [0, 0.5, 1].flatMap((share) => [
    line(left, yOf(share), left + width, yOf(share), share === 0 ? "axis" : "grid"),
    text(left - 8, yOf(share) + 4.5, "label", `${share * 100} %`),
  ]);
  const seconds = Array.from({ length: last + 1 }, (_, x) => text(xOf(x), yOf(0) + 18, "tick", String(x)));
  const lines = curves.map(({ tone, points }) => {
    const path = points.map(({ x, share }) => `${xOf(x).toFixed(1)},${yOf(share).toFixed(1)}`);
    return element("g", { class: tone }, element("polyline", { points: path.join(" ") }));
  });
  const key = curves.flatMap(({ label, tone }, index) => {
    const y = titleHeight + 6 + index * 24;
    const x = left + width + 20;
    return [
      element("g", { class: tone }, line(x, y, x + 24, y, "sample")),
      text(x + 32, y + 4.5, tone === "own" ? "strong" : "value", label),
    ];
  });
  const below = text(left + width / 2, yOf(0) + 36, "tick", xLabel);
  const markup = [text(0, 16, "title", title), ...shares, ...seconds, below, ...lines, ...key].join("");
  return { height: titleHeight + plotHeight + bottom, markup };
}
