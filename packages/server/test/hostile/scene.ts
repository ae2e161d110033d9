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
import { openWire, type Wire } from "./wire.ts";

/** A server, a bystander whose stream nothing may disturb, and whoever means harm. */
export interface Scene {
  readonly server: TestServer;
  /** One more hostile connection: Mallory's, by hand; in a namespace unless that is null. */
  wire(transport: Transport, namespace?: string | null): Promise<Wire>;
  /** One more client that is what it says, for what needs two. */
  client(transport: Transport, userId?: string, namespace?: string, role?: "user" | "admin"): Promise<TestClient>;
  /** Something more that must not be found in the log: a session's cookie is known to it already. */
  keepSecret(text: string): void;
  /**
   * To be called after each case: the bystander's stream goes on, no handler has failed that was not meant to, no secret is
   * in the log, and the security log has exactly these events, equal ones folded into one line.
   */
  expectUnharmed(events: Partial<Record<SecurityEventType, unknown>>, failures?: number): Promise<void>;
}

/** Many at once from one address and one user, which is not what these cases are about. */
const roomy = {
  SIGNALBOX_CONNECT_RATE_PER_ADDRESS: "1000",
  SIGNALBOX_CONNECT_RATE_PER_USER: "1000",
  SIGNALBOX_MAX_CONNECTIONS_PER_USER: "100",
};

export async function setScene(options: Parameters<typeof startTestServer>[0] = {}): Promise<Scene> {
  const server = await startTestServer({ ...options, env: { ...roomy, ...options.env } });
  onTestFinished(() => server.close());
  const bystander = await watchStream(server);
  onTestFinished(() => bystander.close());
  const secrets: string[] = [];

  function signIn(userId: string, role: "user" | "admin"): string {
    const { cookie } = server.sessions.signIn({ userId, role });
    secrets.push(cookie.slice(cookie.indexOf("=") + 1));
    return cookie;
  }

  return {
    server,
    wire: (transport, namespace = "/") =>
      openWire(server, transport, signIn("mallory", namespace === "/admin" ? "admin" : "user"), namespace),
    async client(transport, userId = "mallory", namespace = "/", role = "user") {
      const client = await connectClient(server.url, { cookie: signIn(userId, role), transport, namespace });
      onTestFinished(() => client.close());
      return client;
    },
    keepSecret: (text) => void secrets.push(text),
    async expectUnharmed(events, failures = 0) {
      expect(await bystander.problems()).toEqual([]);
      await expect.poll(() => countsOf(server)).toEqual(events);
      const lines = server.logged.flatMap(({ fields }) =>
        "security" in fields ? [fields.security as SecurityEvent] : [],
      );
      const keys = [...new Map(lines.map((line) => [line.id, keyOf(line)])).values()];
      expect(keys.filter((key, index) => keys.indexOf(key) !== index)).toEqual([]);
      expect(server.logged.filter(({ level }) => level === "error")).toHaveLength(failures);
      const log = JSON.stringify(server.logged);
      for (const secret of secrets) expect(log).not.toContain(secret);
    },
  };
}

/** What makes two events one line; what an administrator does is never folded. */
const keyOf = ({ id, type, user_id, namespace, event, code }: SecurityEvent): string =>
  type === "admin_action" ? id : JSON.stringify([type, user_id, namespace, event, code]);

/** How many events of each type there have been, exactly, as operators see it. */
async function countsOf(server: TestServer): Promise<Record<string, number>> {
  const metrics = await (await fetch(`${server.url}/metrics`)).text();
  const lines = metrics.matchAll(/signalbox_security_events_total\{type="(\w+)"\} (\d+)/g);
  return Object.fromEntries(
    [...lines].map(([, type, count]) => [type, Number(count)]).filter(([, count]) => count !== 0),
  );
}
