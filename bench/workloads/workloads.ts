import { admissionWorkload } from "./w1-admission.ts";
import { fanOutWorkload } from "./w2-fan-out.ts";
import { progressWorkload } from "./w3-progress-storm.ts";
import { slowConsumerWorkload } from "./w4-slow-consumer.ts";
import { reconnectionWorkload } from "./w5-reconnection.ts";
import { administratorWorkload } from "./w6-administrator.ts";
import { growthWorkload } from "./w7-growth.ts";
import type { Workload } from "./workload.ts";

export const workloads: readonly Workload[] = [
  admissionWorkload,
  fanOutWorkload,
  progressWorkload,
  slowConsumerWorkload,
  reconnectionWorkload,
  administratorWorkload,
  growthWorkload,
];
