import { useEffect, useRef, useState } from "preact/hooks";
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import type { Curve, Curves } from "../../admin/curves.ts";
import { shownSeconds } from "../../admin/history.ts";
import { clockWords } from "../../words.ts";

interface ChartProps {
  title: string;
  data: Curves;
  /** Formats a value with its unit. */
  words: (value: number) => string;
  /** Allowed scale steps, where decimal steps do not fit the unit. */
  steps?: number[] | undefined;
  testId: string;
}

const height = 150;

/** Minimum time range while there are only a few readings, in seconds. */
const fewestSeconds = 300;

/** Lines are distinguished by their dashes as well as by their colours. */
const dashes = [[], [6, 3], [2, 3], [10, 3, 2, 3], [12, 4], [1, 5]];

/**
 * A chart of the last hour, with its content in words below: a legend for sighted users, the chart itself for others.
 */
export function Chart({ title, data, words, steps, testId }: ChartProps) {
  const holder = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | null>(null);
  const [pointed, setPointed] = useState<number | null>(null);
  const labels = data.curves.map(({ label }) => label).join("\n");
  const scheme = useScheme();

  // Redrawn for other lines or colours, not for other data.
  useEffect(() => {
    const { current } = holder;
    if (current === null) return;
    const made = new uPlot(
      optionsOf(data.curves, current, { words, steps, onPoint: setPointed }),
      columnsOf(data),
      current,
    );
    plot.current = made;
    const observer = new ResizeObserver(() => made.setSize({ width: current.clientWidth, height }));
    observer.observe(current);
    return () => {
      observer.disconnect();
      made.destroy();
    };
  }, [labels, scheme]);
  useEffect(() => plot.current?.setData(columnsOf(data)), [data]);

  const at = pointed === null ? undefined : data.at[pointed];
  return (
    <figure class="panel chart" data-testid={testId}>
      <figcaption>
        <h3>{title}</h3>
        <span class="hint">{at === undefined ? "last hour" : clockWords(at * 1000)}</span>
      </figcaption>
      <div ref={holder} class="chart-lines" aria-hidden="true" />
      <Figures title={title} curves={data.curves} pointed={at === undefined ? null : pointed} words={words} />
    </figure>
  );
}

interface FiguresProps {
  title: string;
  curves: readonly Curve[];
  /** The reading under the pointer. */
  pointed: number | null;
  words: (value: number) => string;
}

function Figures({ title, curves, pointed, words }: FiguresProps) {
  if (curves.length === 0) return <p class="hint">None in the last hour.</p>;
  return (
    <table class="figures" aria-label={`${title}, in figures`}>
      <thead>
        <tr>
          <td />
          <th scope="col">{pointed === null ? "now" : "then"}</th>
          <th scope="col">min</th>
          <th scope="col">max</th>
        </tr>
      </thead>
      <tbody>
        {curves.map(({ label, values }, index) => {
          const known = values.filter((value) => value !== null);
          const value = pointed === null ? known.at(-1) : values[pointed];
          return (
            <tr key={label}>
              <th scope="row">
                <Swatch index={index} /> {label}
              </th>
              <td>{value == null ? "–" : words(value)}</td>
              <td>{known.length === 0 ? "–" : words(Math.min(...known))}</td>
              <td>{known.length === 0 ? "–" : words(Math.max(...known))}</td>
            </tr>
          );
        })}
      </tbody>
    </table>
  );
}

function Swatch({ index }: { index: number }) {
  return (
    <svg class="swatch" viewBox="0 0 24 4" aria-hidden="true">
      <line x1="0" y1="2" x2="24" y2="2" data-curve={index + 1} stroke-dasharray={dashes[index]?.join(" ")} />
    </svg>
  );
}

const columnsOf = ({ at, curves }: Curves): uPlot.AlignedData => [
  at as number[],
  ...curves.map(({ values }) => values as (number | null)[]),
];

function optionsOf(
  curves: readonly Curve[],
  holder: HTMLElement,
  { words, steps, onPoint }: Pick<ChartProps, "words" | "steps"> & { onPoint: (index: number | null) => void },
): uPlot.Options {
  const style = getComputedStyle(holder);
  const color = (name: string): string => style.getPropertyValue(name).trim();
  const axis = {
    stroke: color("--text-soft"),
    grid: { stroke: color("--line"), width: 1 },
    ticks: { stroke: color("--line"), width: 1 },
    font: `12px ${style.fontFamily}`,
  };
  return {
    width: holder.clientWidth,
    height,
    padding: [8, 8, 0, 0],
    legend: { show: false },
    cursor: { y: false, drag: { setScale: false, x: false, y: false } },
    scales: {
      x: {
        time: true,
        range: (_plot, min, max) => [Math.max(Math.min(min, max - fewestSeconds), max - shownSeconds), max],
      },
      y: { range: (_plot, _min, max) => [0, max > 0 ? max * 1.1 : 1] },
    },
    axes: [
      { ...axis, size: 32, space: 70, values: (_plot, splits) => splits.map((at) => clockWords(at * 1000, false)) },
      { ...axis, size: 62, space: 30, ...(steps && { incrs: steps }), values: (_plot, splits) => splits.map(words) },
    ],
    series: [
      {},
      ...curves.map(({ label }, index) => ({
        label,
        stroke: color(`--chart-${index + 1}`),
        width: 1.75,
        dash: dashes[index] ?? [],
        points: { show: false },
        spanGaps: false,
      })),
    ],
    hooks: { setCursor: [({ cursor }) => onPoint(cursor.idx ?? null)] },
  };
}

/** A canvas does not follow the colour scheme automatically. */
function useScheme(): string {
  const [query] = useState(() => window.matchMedia("(prefers-color-scheme: dark)"));
  const [isDark, setDark] = useState(query.matches);
  useEffect(() => {
    const follow = (): void => setDark(query.matches);
    query.addEventListener("change", follow);
    return () => query.removeEventListener("change", follow);
  }, [query]);
  return isDark ? "dark" : "light";
}
