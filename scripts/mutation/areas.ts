/** Guards and rules that are mutated together, and the tests that hold them. */
interface Area {
  readonly title: string;
  /** Files that Stryker mutates. */
  readonly mutate: readonly string[];
  /**
   * Test files that hold the area, the quickest first: the first that fails ends the run of a mutant. A test that
   * starts the server as another process sees no mutant.
   */
  readonly tests: readonly string[];
  /** Why mutants remain, for the page. */
  readonly remaining?: string;
}

const files = (folder: string, paths: readonly string[]): string[] => paths.map((path) => `${folder}/${path}`);
const server = (...paths: readonly string[]) => files("packages/server/src", paths);
const serverTests = (...paths: readonly string[]) => files("packages/server/test", paths);
const client = (...paths: readonly string[]) => files("packages/client/src", paths);
const clientTests = (...paths: readonly string[]) => files("packages/client/test", paths);

/** What `npm run mutation` tries, by the name under which it can be run alone. */
export const areas: Readonly<Record<string, Area>> = {
  origin: {
    title: "origin policy",
    mutate: server("origin/*.ts"),
    tests: serverTests("origin/origin-guard.test.ts", "origin/origin-policy.test.ts"),
  },
  sessions: {
    title: "live sessions",
    mutate: server("auth/{authenticate,csrf,principal,session-watch}.ts"),
    tests: serverTests(
      "auth/csrf.test.ts",
      "auth/session-monitor.test.ts",
      "edge/guests.test.ts",
      "edge/races.test.ts",
    ),
  },
  lookups: {
    title: "session look-ups",
    mutate: server("auth/{check-session,session-lookup}.ts"),
    tests: serverTests("auth/check-session.test.ts", "auth/session-lookup.test.ts", "auth/source-faults.test.ts"),
  },
  limits: {
    title: "limits",
    mutate: server(
      "limits/{blocks,bounded-map,client-address,connection-caps,imposed-blocks,packet-meter,penalty,place,rate-limits,shared-limit,window-limit}.ts",
    ),
    tests: serverTests(
      "limits/bounded-map.test.ts",
      "limits/blocks.test.ts",
      "limits/limits.test.ts",
      "limits/place.test.ts",
      "limits/shared-limit.test.ts",
      "limits/imposed-blocks.test.ts",
      "limits/connection-slots.test.ts",
      "limits/penalty.test.ts",
    ),
  },
  events: {
    title: "event dispatch",
    mutate: server("events/{event-gate,in-order,reserved-keys}.ts", "parse-payload.ts"),
    tests: serverTests("events/event-dispatch.test.ts", "operation/tracing.test.ts", "edge/drain.test.ts"),
  },
  tasks: {
    title: "task transitions",
    remaining:
      "Equivalent: the three empty lists of transitions stand behind the check for an end, equal percents, `null` in comparisons that are false anyway, and ids that no store has. `runTimes.forget` frees memory. The checks of an id in memory and in the store stand for each other. The slices of the conflator, `shared.hold` and `isCommitting` are real gaps of these tests: the first runs on a clock that starts the rest at once, the others need a second process.",
    mutate: server("progress/{conflator,latest-state,progress-hub,run-times,task-access,task-memory,task-stream}.ts"),
    tests: serverTests(
      "progress/task-rules.test.ts",
      "progress/task-exchange.test.ts",
      "progress/progress-hub.test.ts",
      "progress/task-stream.test.ts",
      "progress/conflation.test.ts",
    ),
  },
  writes: {
    title: "write batching",
    remaining: "Equivalent: a connection that was written to is in the list once more and has nothing to send.",
    mutate: server("store/joined-writes.ts", "edge/outbox.ts"),
    tests: serverTests("store/joined-writes.test.ts", "fan-out/outbox.test.ts"),
  },
  shutdown: {
    title: "graceful shutdown",
    remaining:
      "Real gaps of these tests: closing what does not close by itself needs a client that does not read for half a second. `requests.delete` frees memory.",
    mutate: server("edge/{close-connections,drain}.ts", "events/under-way.ts"),
    tests: serverTests("edge/drain-batches.test.ts", "edge/drain.test.ts", "events/event-dispatch.test.ts"),
  },
  notifications: {
    title: "notifications",
    remaining: "Equivalent: only `latest_seq` and `unread` of these pages are used, which depend on neither field.",
    mutate: server("notifications/*.ts", "edge/low-notices.ts"),
    tests: serverTests("notifications/low-notices.test.ts", "notifications/notification-rules.test.ts"),
  },
  recovery: {
    title: "client recovery",
    remaining:
      "Equivalent: `now() < null` is false without the check, and a promise that is settled is not settled again by its timer. The other mutants have a test since this run.",
    mutate: client(
      "recovery/{activity,backoff,liveness,retry-policy,transport-plan}.ts",
      "{classify-failure,connection-state}.ts",
    ),
    tests: clientTests(
      "unit/retry.test.ts",
      "unit/classify-failure.test.ts",
      "unit/connection-state.test.ts",
      "unit/activity.test.ts",
    ),
  },
  attempts: {
    title: "client's attempts",
    mutate: client("attempt.ts", "recovery/websocket-trial.ts"),
    tests: clientTests("node/attempt.test.ts"),
  },
};
