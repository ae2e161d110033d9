/** The conversion process: converts one image at a time for its parent, and exits when an image exceeds its limits. */
import { writeFileSync } from "node:fs";
import { setPriority } from "node:os";
import { convertImage } from "./convert-image.ts";
import {
  type ConversionAnswer,
  type ConversionLimits,
  type ConversionRequest,
  ImageProblem,
} from "./converted-image.ts";

/** An encoder allocates up to a few hundred megabytes a second. */
const watchIntervalMs = 50;

const answer = (message: ConversionAnswer): Promise<void> =>
  new Promise((resolve) => void process.send?.(message, () => resolve()));

// The parent decides when to stop: a terminal sends its signals to both processes.
process.on("SIGINT", () => {});
process.on("SIGTERM", () => {});
process.on("disconnect", end);
preferParent();

process.on("message", (request: ConversionRequest) => {
  const unwatch = watch(request.limits);
  void convert(request).finally(unwatch).then(answer);
});

async function convert({ source, folder, name }: ConversionRequest): Promise<ConversionAnswer> {
  try {
    return { converted: await convertImage(source, folder, name) };
  } catch (error) {
    return error instanceof ImageProblem ? { problem: error.message } : { fault: String(error) };
  }
}

/** Node has no limit for native memory, so the process measures itself. */
function watch({ memoryBytes, cpuSeconds }: ConversionLimits): () => void {
  const before = process.cpuUsage();
  const timer = setInterval(() => {
    const { user, system } = process.cpuUsage(before);
    if (process.memoryUsage.rss() > memoryBytes)
      giveUp(`more than ${Math.round(memoryBytes / 1024 ** 2)} MB of memory`);
    else if ((user + system) / 1e6 > cpuSeconds) giveUp(`more than ${cpuSeconds} s of processor time`);
  }, watchIntervalMs);
  return () => clearInterval(timer);
}

function giveUp(cost: string): void {
  void answer({ exceeded: cost }).then(end);
}

/** Exits at once: a regular exit waits for the encoder's threads. */
function end(): void {
  process.kill(process.pid, "SIGKILL");
}

/** Gives the server priority for processor time and memory. */
function preferParent(): void {
  setPriority(5);
  try {
    // Linux only: when memory runs out, the kernel kills this process and not the server.
    writeFileSync("/proc/self/oom_score_adj", "1000");
  } catch {}
}
