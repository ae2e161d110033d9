import { setTimeout as sleep } from "node:timers/promises";
import { z } from "zod";
import { type Job, JobFailure } from "./job.ts";

/** A task that does nothing, step by step: it demonstrates progress. */
export const practiceInput = z.object({
  steps: z.int().min(1).max(1000),
  step_ms: z.int().min(1).max(60_000),
  /** The step at which the task fails. */
  fail_at: z.int().min(1).max(1000).optional(),
});

export const practiceJob: Job = async ({ input, signal, report }) => {
  const { steps, step_ms, fail_at } = practiceInput.parse(input);
  for (let step = 1; step <= steps; step += 1) {
    await sleep(step_ms, undefined, { signal }).catch(() => {});
    signal.throwIfAborted();
    if (step === fail_at) throw new JobFailure("practice_failed", `Failed at step ${step}, as asked.`);
    await report({ current: step, total: steps, step: `Step ${step}` });
  }
  return { steps };
};
