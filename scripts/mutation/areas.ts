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
    mutate: server("sessions/{authenticator,csrf,principal}.ts", "socket-io/namespaces/session-monitor.ts"),
    tests: serverTests(
      "sessions/csrf.test.ts",
      "sessions/session-monitor.test.ts",
      "socket-io/guests.test.ts",
      "socket-io/races.test.ts",
      "socket-io/sessions.test.ts",
      "sessions/bearer.test.ts",
    ),
  },
  lookups: {
    title: "session look-ups",
    mutate: server("sessions/{check-session,session-lookup}.ts"),
    tests: serverTests(
      "sessions/check-session.test.ts",
      "sessions/session-lookup.test.ts",
      "sessions/source-faults.test.ts",
    ),
  },
  limits: {
    title: "limits",
    remaining:
      "Most of these are of a run before the tests of administrators' blocks and of two nodes were part of the area: they hold what is listed as not covered.",
    mutate: server(
      "core/bounded-map.ts",
      "http/client-address.ts",
      "limits/*.ts",
      "socket-io/connections/violation-limit.ts",
      "socket-io/namespaces/connection-slots.ts",
    ),
    tests: serverTests(
      "core/bounded-map.test.ts",
      "limits/automatic-blocks.test.ts",
      "limits/limits.test.ts",
      "limits/subject.test.ts",
      "limits/shared-limit.test.ts",
      "limits/admin-blocks.test.ts",
      "socket-io/connection-slots.test.ts",
      "socket-io/violation-limit.test.ts",
      "admin/address-blocks.test.ts",
      "admin/admin-blocks.test.ts",
      "hostile/blocks.test.ts",
      "cluster/limits.test.ts",
      "cluster/agreement.test.ts",
    ),
  },
  events: {
    title: "event dispatch",
    remaining:
      "Equivalent: an undeclared event is refused a few lines later as well, `Object.values` reads an array like an object, and an empty queue that is not deleted costs memory only. The tests run with OpenTelemetry's package installed, and with schemas whose issues have a path or none.",
    mutate: server("socket-io/namespaces/{event-dispatcher,keyed-queue,unsafe-keys}.ts", "core/validate-payload.ts"),
    tests: serverTests(
      "socket-io/event-dispatcher.test.ts",
      "observability/tracing.test.ts",
      "socket-io/guard-order.test.ts",
      "socket-io/graceful-shutdown.test.ts",
    ),
  },
  tasks: {
    title: "task transitions",
    remaining:
      "Equivalent: the three empty lists of transitions stand behind the check for an end, equal percents, `null` in comparisons that are false anyway, and ids that no store has. `runTimes.forget` frees memory. The checks of an id in memory and in the store stand for each other. The slices of the conflator, `shared.hold` and `isCommitting` are real gaps of these tests: the first runs on a clock that starts the rest at once, the others need a second process.",
    mutate: server(
      "tasks/{rate-limited-updates,latest-state,task-registry,run-times,task-access,task-cache,task-transitions}.ts",
    ),
    tests: serverTests(
      "tasks/task-rules.test.ts",
      "tasks/task-exchange.test.ts",
      "tasks/task-registry.test.ts",
      "tasks/task-transitions.test.ts",
      "tasks/rate-limited-updates.test.ts",
    ),
  },
  writes: {
    title: "write batching",
    remaining: "Equivalent: a connection that was written to is in the list once more and has nothing to send.",
    mutate: server("store/write-batching.ts", "socket-io/delivery/write-batcher.ts"),
    tests: serverTests("store/write-batching.test.ts", "socket-io/delivery/write-batcher.test.ts"),
  },
  shutdown: {
    title: "graceful shutdown",
    remaining:
      "Real gaps of these tests: closing what does not close by itself needs a client that does not read for half a second. `requests.delete` frees memory.",
    mutate: server("socket-io/connections/{close-connections,graceful-shutdown,in-flight-requests}.ts"),
    tests: serverTests(
      "socket-io/graceful-shutdown-batches.test.ts",
      "socket-io/graceful-shutdown.test.ts",
      "socket-io/event-dispatcher.test.ts",
    ),
  },
  notifications: {
    title: "notifications",
    remaining: "Equivalent: only `latest_seq` and `unread` of these pages are used, which depend on neither field.",
    mutate: server("notifications/!(notification-delivery).ts"),
    tests: serverTests("notifications/low-priority-batching.test.ts", "notifications/notification-rules.test.ts"),
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
