import type { Workload } from "./workload.ts";

const members = 1000;
const bytes = 200;
const perTurn = 10;

/** Turns under way in the burst: enough to keep the server busy while the load confirms, few enough to keep buffers small. */
const burstAhead = 4;

const broadcastsPerSecond = 20;

/** Fan-out to one room: as much as the server takes, one at a time, and at a fixed rate. */
export const fanOutWorkload: Workload = {
  name: "W2",
  title: "Fan-out to one room of 1,000",
  metrics: [
    { key: "burst_cpu_us", label: "burst: CPU per delivery", unit: "µs", better: "less" },
    { key: "burst_per_s", label: "burst: deliveries", unit: "1/s", better: "more" },
    { key: "single_cpu_us", label: "single: CPU per delivery", unit: "µs", better: "less" },
    { key: "rate_cpu_us", label: "rate: CPU per delivery", unit: "µs", better: "less" },
    { key: "rate_p50_ms", label: "rate: p50 latency", unit: "ms", better: "less" },
    { key: "rate_p99_ms", label: "rate: p99 latency", unit: "ms", better: "less" },
  ],
  async run(newStage, quick) {
    const { load, measure } = await newStage();
    await load.call("tokens", { from: 0, count: members });
    await load.call("open", { from: 0, count: members, atOnce: 50 });
    const burst = (seconds: number) =>
      measure(() => load.call("fanOut", { broadcasts: perTurn, bytes, ahead: burstAhead, seconds }));
    const single = (seconds: number) => measure(() => load.call("fanOut", { broadcasts: 1, bytes, ahead: 1, seconds }));
    const paced = (seconds: number) =>
      measure(() => load.call("paced", { broadcasts: 1, bytes, turnsPerSecond: broadcastsPerSecond, seconds }));

    // Until both processes run compiled code: a figure before is one of the compiler.
    await burst(quick ? 1 : 2);
    await single(quick ? 1 : 2);
    const ofBurst = await burst(quick ? 2 : 4);
    const ofSingle = await single(quick ? 2 : 4);
    const ofRate = await paced(quick ? 3 : 6);
    return {
      burst_cpu_us: ofBurst.cpuUs / ofBurst.answer.deliveries,
      burst_per_s: ofBurst.answer.deliveries / ofBurst.answer.seconds,
      single_cpu_us: ofSingle.cpuUs / ofSingle.answer.deliveries,
      rate_cpu_us: ofRate.cpuUs / ofRate.answer.deliveries,
      rate_p50_ms: ofRate.answer.p50Ms,
      rate_p99_ms: ofRate.answer.p99Ms,
    };
  },
};
