/** The generated part of the page, and the pictures in it. */
import { describe, expect, it } from "vitest";
import { withResults } from "../../report/page.ts";
import { textColour, tones } from "../../report/plots/colours.ts";
import { plotOf } from "../../report/plots/plots.ts";
import { escapeText } from "../../report/plots/svg.ts";
import type { Results, WorkloadInfo } from "../../report/results.ts";
import { fanOut, madeUp, slowMiddle } from "./made-up.ts";

const page = "# Bench\n\nBy hand.\n\n<!-- results -->\nold\n<!-- end of results -->\n\nAlso by hand.\n";

describe("the page", () => {
  it("has the results between the markers, and what was written by hand around them", () => {
    const written = withResults(page, slowMiddle, [fanOut], "results");
    expect(written).toMatch(/^# Bench\n\nBy hand\.\n\n<!-- results -->\nMeasured on 2026-01-02 /);
    expect(written).toMatch(/\n<!-- end of results -->\n\nAlso by hand\.\n$/);
    expect(written).toContain("| Signalbox | 1 (1 to 4) ×0.1 |");
    expect(written).toContain("![W2 Fan-out](results/w2.svg)");
    expect(written).not.toContain("old");
    expect(withResults(written, slowMiddle, [fanOut], "results")).toBe(written);
  });

  it("folds away what is doubtful, and says who is absent", () => {
    const skipped = [{ peer: "nats", reason: "nats-server is not installed" }];
    const doubtful = { ...slowMiddle, skipped, warnings: ["W2, ws, round 1: busy."] };
    const written = withResults(page, doubtful, [fanOut], "results");
    expect(written).toContain("Not measured: nats-server, because nats-server is not installed.");
    expect(written).toContain("(1)</summary>\n\n- W2, ws, round 1: busy.\n\n</details>");
    expect(withResults(written, slowMiddle, [fanOut], "results")).not.toContain("<details>");
  });

  it("is refused without the markers for them", () => {
    expect(() => withResults("# Bench\n", slowMiddle, [fanOut], "results")).toThrow("<!-- results -->");
  });
});

describe("a picture", () => {
  const svgOf = (results: Results, info: WorkloadInfo = fanOut): string => plotOf(results, info)?.svg ?? "";
  const widths = (svg: string): number[] =>
    [...svg.matchAll(/<rect [^>]*width="([\d.]+)"/g)].map(([, width]) => Number(width));

  it("has bars as long as their figures, the best first, and says them", () => {
    const svg = svgOf(madeUp({ bare: [10, 10, 10], signalbox: [1, 1, 1], ws: [5, 5, 5] }));
    const [own = 0, ws = 0, bare = 0] = widths(svg);
    expect(ws / own).toBeCloseTo(5, 1);
    expect(bare / own).toBeCloseTo(10, 1);
    expect(svg).toContain(">1 µs · ×0.1<");
    expect(svg).toContain("<title>W2 Fan-out</title>");
  });

  it("cuts the bar of a peer far beyond the reference, but not its figure", () => {
    const svg = svgOf(madeUp({ bare: [10], signalbox: [5], flask: [500] }));
    const [own = 0, bare = 0, flask = 0] = widths(svg);
    expect(bare / own).toBeCloseTo(2, 1);
    expect(flask / bare).toBeCloseTo(2, 1);
    expect(svg).toContain(">500 µs · ×50<");
    expect(svg.match(/class="cut"/g)).toHaveLength(2);
  });

  it("shows the clients that are back over time", () => {
    const metrics = { after1_p50_s: 1.5, after1_max_s: 2.5, after8_p50_s: 2, after8_max_s: 4, after8_refused: 0 };
    const results = { ...slowMiddle, runs: [{ workload: "W5", peer: "signalbox", round: 1, metrics }] } as const;
    const svg = svgOf(results, { name: "W5", title: "Reconnection", metrics: [] });
    expect(svg).toContain("Clients back after 8 s without a server, the last one: Signalbox 4 s.");
    expect(svg.match(/<polyline/g)).toHaveLength(2);
  });

  it("compares all that grows on one scale", () => {
    const metrics = { tasks_growth: 1, updates_growth: 4 };
    const results = { ...slowMiddle, runs: [{ workload: "W7", peer: "signalbox", round: 1, metrics }] } as const;
    const grown = Object.keys(metrics).map((key) => ({ key, label: key, unit: "times", better: "less" as const }));
    const [tasks = 0, updates = 0] = widths(svgOf(results, { name: "W7", title: "Growth", metrics: grown }));
    expect(updates / tasks).toBeCloseTo(4, 1);
  });

  it("is not drawn when there is nothing to show", () => {
    expect(plotOf(slowMiddle, { ...fanOut, name: "W6" })).toBeUndefined();
    expect(plotOf(slowMiddle, { ...fanOut, name: "W1" })).toBeUndefined();
  });

  it("keeps text out of its markup", () => {
    expect(escapeText('<a "b" & c>')).toBe("&lt;a &quot;b&quot; &amp; c>");
  });
});

describe("colours", () => {
  /** GitHub's pages. */
  const backgrounds = ["#ffffff", "#0d1117"];

  it("of text are read on light and dark pages alike", () => {
    for (const background of backgrounds) expect(contrast(textColour, background)).toBeGreaterThan(4.2);
  });

  // WCAG 2.2, 1.4.11: three to one for what is no text.
  it.each(Object.entries(tones))("of bars are seen on both: %s", (_tone, colour) => {
    for (const background of backgrounds) expect(contrast(colour, background)).toBeGreaterThan(3);
  });
});

/** WCAG 2.2, contrast ratio of two colours `#rrggbb`. */
function contrast(one: string, other: string): number {
  const [darker = 0, lighter = 0] = [luminance(one), luminance(other)].toSorted((a, b) => a - b);
  return (lighter + 0.05) / (darker + 0.05);
}

function luminance(colour: string): number {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((at) => {
    const part = Number.parseInt(colour.slice(at, at + 2), 16) / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}
