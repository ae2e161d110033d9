import { admissionWorkload } from "./w1-admission.ts";
import { fanOutWorkload } from "./w2-fan-out.ts";
import { progressWorkload } from "./w3-progress-storm.ts";
import { growthWorkload } from "./w7-growth.ts";
import type { Workload } from "./workload.ts";

export const workloads: readonly Workload[] = [admissionWorkload, fanOutWorkload, progressWorkload, growthWorkload];
