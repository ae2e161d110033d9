import type { TaskSnapshot } from "@signalbox/protocol";
import { connectClient } from "@signalbox/server/testing";
import { cookieOf, type Identity, origin, sidHeader, sidOf, streamOf } from "../bait.ts";

/** A client that has nothing to do with the attack: it must lose nothing, wait for nothing and receive nothing more. */
export interface Watcher {
  /** Longest time between two frames of its stream, without what this process itself was late. */
  longestGapMs(): number;
  close(): void;
}

const own = ["connection_established", "progress_update"];
const beatMs = 50;

/** @param onHarm - called with what it should not have received, and with what it missed */
export async function startWatcher(
  port: number,
  who: Identity,
  transport: "polling" | "websocket",
  onHarm: (rule: string, detail: string) => void,
): Promise<Watcher> {
  const client = await connectClient(`http://127.0.0.1:${port}`, {
    ...{ cookie: cookieOf(who), origin, transport },
    headers: { [sidHeader]: sidOf(who) },
  });
  const stream = streamOf(who.userId);
  let longest = 0;
  let last: { at: number; current: number } | undefined;
  let late = 0;
  let beatAt = performance.now();
  const heart = setInterval(() => {
    const now = performance.now();
    late += Math.max(0, now - beatAt - beatMs);
    beatAt = now;
  }, beatMs);
  const note = (): void => {
    if (last === undefined) return;
    longest = Math.max(longest, performance.now() - last.at - late);
  };

  client.socket.on("progress_update", (task: TaskSnapshot) => {
    const { current } = task;
    if (task.task_id !== stream || current === null) {
      return onHarm("a client was told what is not its own", `${who.userId} got ${JSON.stringify(task)}`);
    }
    note();
    const steps = last === undefined ? 1 : current - last.current;
    // At most one report of a flush interval is left out for a later one.
    if (steps < 1 || steps > allowedSteps(last?.at, late))
      onHarm("a client lost or repeated a frame", `${who.userId}: ${last?.current} and then ${current}`);
    late = 0;
    last = { at: performance.now(), current };
  });
  client.socket.onAny((event: string, payload: unknown) => {
    if (!own.includes(event))
      onHarm("a client was told what is not its own", `${who.userId} got ${event} ${JSON.stringify(payload)}`);
  });
  client.socket.on("disconnect", (reason) => onHarm("a client lost its connection", `${who.userId}: ${reason}`));
  const answer = await client.request("join_task", { task_id: stream });
  if (!answer.ok) throw new Error(`${who.userId} cannot watch ${stream}: ${JSON.stringify(answer)}`);

  return {
    longestGapMs() {
      note();
      return longest;
    },
    close() {
      clearInterval(heart);
      client.socket.removeAllListeners();
      client.socket.offAny();
      client.close();
    },
  };
}

/** A state stands for those before it: where time has passed, as many reports as fit into it. */
function allowedSteps(at: number | undefined, lateMs: number): number {
  const passedMs = at === undefined ? 0 : performance.now() - at + lateMs;
  return 2 + Math.ceil(passedMs / 100);
}
