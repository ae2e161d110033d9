import { fanOutWorkload } from "./w2-fan-out.ts";
import type { Workload } from "./workload.ts";

export const workloads: readonly Workload[] = [fanOutWorkload];
