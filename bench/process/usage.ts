import { readdirSync, readFileSync } from "node:fs";

/** What `/proc/<pid>/stat` counts in, on every Linux that Node runs on. */
const ticksPerSecond = 100;

/**
 * CPU time that processes have used so far, over all their threads, in microseconds. The scheduler's own count is in
 * nanoseconds; `stat`, where that is switched off, in hundredths of a second.
 */
export function cpuUs(pids: readonly number[]): number {
  return pids.reduce((sum, pid) => sum + (threadsUs(pid) ?? statUs(pid)), 0);
}

function threadsUs(pid: number): number | undefined {
  let us = 0;
  for (const thread of readdirSync(`/proc/${pid}/task`)) {
    const text = readIfThere(`/proc/${pid}/task/${thread}/schedstat`);
    // A thread that has just ended is no reason to count all others less exactly.
    if (text === undefined && thread === String(pid)) return undefined;
    us += Number(text?.split(" ")[0] ?? 0) / 1000;
  }
  return us;
}

function statUs(pid: number): number {
  const text = readFileSync(`/proc/${pid}/stat`, "utf8");
  // The command's name, in parentheses, may have spaces; user and system time are the 12th and 13th fields behind it.
  const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
  return ((Number(fields[11]) + Number(fields[12])) * 1_000_000) / ticksPerSecond;
}

/** What all cores have done so far, in microseconds: more than our own processes used is of other programs. */
export function machineBusyUs(): number {
  const [line = ""] = readFileSync("/proc/stat", "utf8").split("\n");
  // user, nice, system, idle, iowait, irq, softirq, steal; the rest is contained in the first two.
  const [user = 0, nice = 0, system = 0, , , irq = 0, softirq = 0, steal = 0] = line.split(/\s+/).slice(1).map(Number);
  return ((user + nice + system + irq + softirq + steal) * 1_000_000) / ticksPerSecond;
}

/** Resident memory of processes together, in bytes; pages that they share are counted once for each. */
export function residentBytes(pids: readonly number[]): number {
  return pids.reduce((sum, pid) => sum + residentOf(pid), 0);
}

/** `smaps_rollup` is exact; `status` may lag behind by some pages per thread. */
function residentOf(pid: number): number {
  const rollup = readIfThere(`/proc/${pid}/smaps_rollup`);
  const kilobytes = /^(?:Rss|VmRSS):\s+(\d+) kB/m.exec(rollup ?? readFileSync(`/proc/${pid}/status`, "utf8"))?.[1];
  return Number(kilobytes) * 1024;
}

function readIfThere(file: string): string | undefined {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return undefined;
  }
}
