import type { SecurityEvent, SecurityEventType } from "@signalbox/protocol";
import { expect, onTestFinished } from "vitest";
import {
  connectClient,
  startTestServer,
  type TestClient,
  type TestServer,
  type Transport,
} from "../../src/testing/index.ts";
import { watchStream } from "./bystander.ts";
import { lineProblems } from "./log-lines.ts";
import { watchProcess } from "./process-watch.ts";
import { openWire, type Wire } from "./wire.ts";

/** A server, a bystander whose stream nothing may disturb, and an attacker. */
export interface Scene {
  readonly server: TestServer;
  /** Opens one more hostile raw connection for Mallory; in a namespace unless that is null. */
  wire(transport: Transport, namespace?: string | null): Promise<Wire>;
  /** Connects one more ordinary client, for cases that need two. */
  client(transport: Transport, userId?: string, namespace?: string, role?: "user" | "admin"): Promise<TestClient>;
  /** Marks one more text that must not appear in the log; the cookies of sessions are marked already. */
  keepSecret(text: string): void;
  /** Registers how a client disconnects that this scene has not connected. */
  departs(depart: () => void): void;
  /**
   * Call this after each case: the bystander's stream goes on, no handler has failed that was not meant to, no secret is
   * in the log, and the security log has exactly these events, equal ones folded into one line.
   */
  expectUnharmed(events: Partial<Record<SecurityEventType, unknown>>, failures?: number): Promise<void>;
}

/** Limits for many connections from one address and one user, which these cases do not test. */
const roomy = {
  SIGNALBOX_CONNECT_RATE_PER_ADDRESS: "1000",
  SIGNALBOX_CONNECT_RATE_PER_USER: "1000",
  SIGNALBOX_MAX_CONNECTIONS_PER_USER: "100",
};

/** The parts of the harness, for cases that check the records several times, or know them only once they ran. */
export async function setScene(options: Parameters<typeof startTestServer>[0] = {}): Promise<Scene> {
  const processWatch = watchProcess();
  const server = await startTestServer({ ...options, env: { ...roomy, ...options.env } });
  const bystander = await watchStream(server);
  const secrets = new Set<string>();
  const departures: (() => void)[] = [];
  onTestFinished(async () => {
    for (const depart of departures) depart();
    await expect.poll(() => server.realtime.io.engine.clientsCount).toBe(1);
    const problems = await processWatch.problems();
    bystander.close();
    await server.close();
    processWatch.release();
    expect(problems).toEqual([]);
  });

  function signIn(userId: string, role: "user" | "admin"): string {
    const { cookie } = server.sessions.signIn({ userId, role });
    secrets.add(cookie.slice(cookie.indexOf("=") + 1));
    return cookie;
  }

  return {
    server,
    async wire(transport, namespace = "/") {
      const cookie = signIn("mallory", namespace === "/admin" ? "admin" : "user");
      const wire = await openWire(server, transport, cookie, namespace);
      departures.push(wire.terminate);
      return wire;
    },
    async client(transport, userId = "mallory", namespace = "/", role = "user") {
      const client = await connectClient(server.url, { cookie: signIn(userId, role), transport, namespace });
      departures.push(client.close);
      return client;
    },
    keepSecret: (text) => void secrets.add(text),
    departs: (depart) => void departures.push(depart),
    async expectUnharmed(events, failures = 0) {
      expect(await bystander.problems()).toEqual([]);
      await expect.poll(() => countsOf(server)).toEqual(events);
      const lines = server.logged.flatMap(({ fields }) =>
        "security" in fields ? [fields.security as SecurityEvent] : [],
      );
      const keys = [...new Map(lines.map((line) => [line.id, keyOf(line)])).values()];
      expect(keys.filter((key, index) => keys.indexOf(key) !== index)).toEqual([]);
      expect(server.logged.filter(({ level }) => level === "error")).toHaveLength(failures);
      expect(
        lineProblems(
          server.logged.map((line) => `${JSON.stringify(line)}\n`),
          secrets,
        ),
      ).toEqual([]);
    },
  };
}

/** Events with equal keys share one line; the actions of administrators are never folded. */
const keyOf = ({ id, type, user_id, namespace, event, code }: SecurityEvent): string =>
  type === "admin_action" ? id : JSON.stringify([type, user_id, namespace, event, code]);

/** How many events of each type there have been, exactly, as the metrics show it. */
async function countsOf(server: TestServer): Promise<Record<string, number>> {
  const metrics = await (await fetch(`${server.url}/metrics`)).text();
  const lines = metrics.matchAll(/signalbox_security_events_total\{type="(\w+)"\} (\d+)/g);
  return Object.fromEntries(
    [...lines].map(([, type, count]) => [type, Number(count)]).filter(([, count]) => count !== 0),
  );
}
