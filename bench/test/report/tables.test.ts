/** What tables say of made-up results. */
import { describe, expect, it } from "vitest";
import { consoleReport } from "../../report/console.ts";
import { goalsTable } from "../../report/goals-table.ts";
import { formatBeside, formatNumber } from "../../report/numbers.ts";
import { asConsole, asMarkdown } from "../../report/table.ts";
import { workloadTable } from "../../report/workload-table.ts";
import { fanOut, madeUp, slowMiddle } from "./made-up.ts";

describe("a workload's table", () => {
  it("has the median, the spread, and the median of the rounds' ratios, not the ratio of the medians", () => {
    // Medians 1 and 20 would make 0.05; the rounds say 0.1, 0.1 and 0.05.
    expect(workloadTable(slowMiddle, fanOut)?.rows).toEqual([
      ["bare Socket.IO", "20 (10 to 40)"],
      ["Signalbox", "1 (1 to 4) ×0.1"],
    ]);
  });

  it("compares nothing that is neither better nor worse", () => {
    const table = workloadTable(madeUp({ bare: [5], signalbox: [10] }, "rounds_done"), fanOut);
    expect(table?.rows).toEqual([
      ["bare Socket.IO", "5"],
      ["Signalbox", "10"],
    ]);
  });

  it("gives no ratio where the reference was not measured in that round", () => {
    expect(workloadTable(madeUp({ signalbox: [3] }), fanOut)?.rows).toEqual([["Signalbox", "3"]]);
  });

  it("marks a figure that a peer does not have", () => {
    const { runs, peers } = madeUp({ bare: [5], ws: [4], nchan: [3] });
    const withMore = runs.map((run) =>
      run.peer === "bare" ? { ...run, metrics: { ...run.metrics, burst_per_s: 1e5 } } : run,
    );
    const table = workloadTable({ peers, runs: withMore }, fanOut);
    expect(table?.rows).toContainEqual(["raw ws", "4 ×0.8", "–"]);
  });

  it("leaves out peers without a figure, and is absent itself when no peer has one", () => {
    const results = { ...slowMiddle, peers: [...slowMiddle.peers, "nats"] };
    expect(workloadTable(results, fanOut)?.rows).toHaveLength(2);
    expect(workloadTable(results, { ...fanOut, name: "W7" })).toBeUndefined();
  });

  it("lies on its side when there are more metrics than peers", () => {
    const [run] = slowMiddle.runs;
    const metrics = { burst_cpu_us: 10, burst_per_s: 123_456 };
    const table = workloadTable({ peers: ["bare"], runs: run === undefined ? [] : [{ ...run, metrics }] }, fanOut);
    expect(table).toEqual({
      head: ["", "bare Socket.IO"],
      rows: [
        ["burst: CPU per delivery, µs", "10"],
        ["burst: deliveries, 1/s", "123,000"],
      ],
    });
  });
});

describe("the goals' table", () => {
  const rowOf = (results: Parameters<typeof goalsTable>[0], title: string) =>
    goalsTable(results).rows.find(([goal]) => goal === title);
  const title = "W2 Burst: CPU per delivery";

  it("says met, missed, and not measured", () => {
    expect(rowOf(slowMiddle, title)).toEqual([title, "≤ 0.12 ×", "0.1 ×", "met"]);
    expect(rowOf(madeUp({ bare: [10], signalbox: [2] }), title)).toEqual([title, "≤ 0.12 ×", "0.2 ×", "missed"]);
    expect(rowOf(madeUp({ bare: [10] }), title)).toEqual([title, "≤ 0.12 ×", "–", "not measured"]);
  });

  it("asks for nothing of workloads that were not to be run", () => {
    const workloads = goalsTable(slowMiddle).rows.map(([goal]) => goal?.slice(0, 2));
    expect(new Set(workloads)).toEqual(new Set(["W2"]));
  });

  it("does not round a figure onto its limit", () => {
    expect(rowOf(madeUp({ bare: [10], signalbox: [1.20004] }), title)?.slice(2)).toEqual(["0.120004 ×", "missed"]);
  });
});

describe("numbers", () => {
  it("have three digits that count", () => {
    expect([0, 0.091234, 1, 12.345, 674_321].map((value) => formatNumber(value))).toEqual([
      "0",
      "0.0912",
      "1",
      "12.3",
      "674,000",
    ]);
  });

  it("have more where three would hide on which side of the limit they are", () => {
    expect(formatBeside(99.996, 100)).toBe("99.996");
    expect(formatBeside(100, 100)).toBe("100");
    expect(formatBeside(1234.5, 1000)).toBe("1,230");
  });
});

describe("the console", () => {
  it("says of an absent peer why it is absent, and what is doubtful", () => {
    const report = consoleReport(
      {
        ...slowMiddle,
        skipped: [{ peer: "nchan", reason: "nginx is not installed" }],
        warnings: ["The load process was at its limit."],
      },
      [fanOut],
    );
    expect(report).toContain("W2 Fan-out\n");
    expect(report).toContain("Not measured: nchan in nginx, because nginx is not installed.");
    expect(report).toContain("Doubtful: The load process was at its limit.");
  });

  it("lines columns up", () => {
    expect(
      asConsole({
        head: ["", "µs"],
        rows: [
          ["a peer", "1"],
          ["b", "1,000"],
        ],
      }).split("\n"),
    ).toEqual(["           µs", "------  -----", "a peer      1", "b       1,000"]);
  });
});

describe("Markdown", () => {
  it("keeps cells apart whatever is in them", () => {
    expect(asMarkdown({ head: ["", "a|b"], rows: [["x", "1"]] })).toBe("|  | a\\|b |\n|---|--:|\n| x | 1 |");
  });
});
