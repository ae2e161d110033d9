import { isFinal, type TaskStatus } from "@signalbox/protocol";
import type { Check, ReportFault } from "./check.ts";
import type { Line } from "./line.ts";
import type { Stalls } from "./stalls.ts";

interface Content {
  readonly status: string;
  readonly current: number | null;
}

interface Task {
  readonly owner: string;
  /** What the server said the task to be, by version. */
  readonly states: Map<number, Content>;
  /** When it ended; what it was before is forgotten a while later. */
  endedAt: number | undefined;
}

/** Longer than any client is away: a client that comes back receives the end, and nothing older. */
const rememberMs = 600_000;

/** Another node may read what one has committed, and tell it, before that one has written its line. */
const aheadMs = 250;

type ToldLine = Extract<Line, { operation: "applied" | "final" | "live" }>;

/**
 * What clients receive: nothing twice, versions that rise, nothing that the server did not say or said otherwise,
 * nothing of other people's tasks, nothing that they did not ask for.
 */
export function createToldStates(stalls: Stalls, report: ReportFault): Check {
  const tasks = new Map<string, Task>();
  /** In the order of their end. */
  const ended: string[] = [];
  const userOf = new Map<string, string>();
  /** The highest version that each client received, by client and task; the end is remembered for good. */
  const told = new Map<string, Map<string, { version: number; final: boolean; wanted: boolean }>>();
  /** Received in versions that no server has reported yet, by task and version. */
  const ahead = new Map<string, ToldLine[]>();

  const toldOf = (actor: string) => {
    const known = told.get(actor) ?? new Map<string, { version: number; final: boolean; wanted: boolean }>();
    told.set(actor, known);
    return known;
  };

  const keyOf = (task: string, version: number): string => `${task} ${version}`;

  function forget(now: number): void {
    for (let [oldest] = ended; oldest !== undefined; [oldest] = ended) {
      const task = tasks.get(oldest);
      if (task?.endedAt !== undefined && now - task.endedAt < rememberMs) return;
      ended.shift();
      const [last] = [...(task?.states ?? [])].slice(-1);
      task?.states.clear();
      if (last !== undefined) task?.states.set(...last);
    }
  }

  function isTruthful(line: ToldLine): boolean {
    const { actor, task: id, version } = line;
    const task = tasks.get(id);
    const user = userOf.get(actor);
    if (task !== undefined && user !== undefined && task.owner !== user) {
      report("leak", actor, `version ${version} of a task of ${task.owner}, told to ${user}`, id);
      return false;
    }
    const said = task?.states.get(version);
    if (said === undefined) {
      ahead.set(keyOf(id, version), [...(ahead.get(keyOf(id, version)) ?? []), line]);
      return false;
    }
    if (said.status === line.status && said.current === line.current) return true;
    const truth = `${said.status} at ${said.current}`;
    report("altered", actor, `version ${version} is ${truth}, told was ${line.status} at ${line.current}`, id);
    return false;
  }

  function invented({ status, version, actor, task }: ToldLine, when: string): void {
    report("invented", actor, `${status} in version ${version}, which the server ${when}`, task);
  }

  /** What clients received of a version that is known now. */
  function catchUp(id: string, version: number, reportedAt: number): void {
    const known = ahead.get(keyOf(id, version)) ?? [];
    ahead.delete(keyOf(id, version));
    for (const line of known) {
      stalls.ifLonger(aheadMs, line.at, reportedAt, () => invented(line, "did not have yet"));
      tell(line);
    }
  }

  function tell(line: ToldLine): void {
    const { actor, task: id, version, operation } = line;
    if (!isTruthful(line)) return;
    const known = toldOf(actor).get(id);
    if (known === undefined || !known.wanted) {
      return report("unwatched", actor, `${operation} of version ${version} of a task that is not watched`, id);
    }
    // That a state is the latest may be said more than once; a change is handed over once.
    if (operation === "live") return;
    if (version === known.version || (known.final && operation === "final")) {
      report("duplicate", actor, `version ${version} after ${known.version}`, id);
    } else if (version < known.version) {
      report("backwards", actor, `version ${version} after ${known.version}`, id);
    } else if (known.final) {
      report("invented", actor, `version ${version} after the end in version ${known.version}`, id);
    }
    known.version = Math.max(known.version, version);
    if (operation === "final") known.final = true;
  }

  return {
    take(line) {
      switch (line.operation) {
        case "connected":
          return void userOf.set(line.actor, line.user);
        case "watched": {
          const known = toldOf(line.actor).get(line.task);
          if (known !== undefined) known.wanted = true;
          else toldOf(line.actor).set(line.task, { version: 0, final: false, wanted: true });
          return;
        }
        case "left": {
          const known = toldOf(line.actor).get(line.task);
          if (known !== undefined) known.wanted = false;
          return;
        }
        case "stored":
        case "reported": {
          const { task: id, version, status, current, owner, at } = line;
          const task = tasks.get(id) ?? { owner, states: new Map(), endedAt: undefined };
          tasks.set(id, task);
          task.states.set(version, { status, current });
          // A killed server may have written it to its database and nowhere else: then it is known only later.
          catchUp(id, version, line.operation === "reported" ? at : 0);
          if (isFinal(status as TaskStatus)) {
            task.endedAt = at;
            ended.push(id);
          }
          return forget(at);
        }
        case "applied":
        case "final":
        case "live":
          return tell(line);
      }
    },
    end() {
      for (const line of [...ahead.values()].flat()) invented(line, "never had");
    },
  };
}
