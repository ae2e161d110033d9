/** The dashboard's stores with a real server, whose frames a test may also send by hand. */
import { createClients } from "@signalbox/client";
import type { AdminBatch } from "@signalbox/protocol";
import { startTestServer, type TestServer } from "@signalbox/server/testing";
import { expect, onTestFinished } from "vitest";
import { type Feed, openFeed, type Section } from "../../../browser/src/admin/feed.ts";

export interface RunningDashboard {
  readonly server: TestServer;
  readonly feed: Feed;
  readonly section: Section;
  /**
   * Disconnects the dashboard and waits until it knows.
   * @returns lets it connect again; before that nothing that happens on the server reaches it
   */
  interrupt(): Promise<() => void>;
  /** How often the page was notified that it is not for this user any more. */
  denials(): number;
  /** Sends a frame as the server would. */
  sendBatch(batch: Omit<AdminBatch, "at">, at?: string): void;
}

/** @param options - of the server; its own metrics come once a minute, so that a test's are not among others */
export async function runDashboard(options: Parameters<typeof startTestServer>[0] = {}): Promise<RunningDashboard> {
  const server = await startTestServer({
    ...options,
    env: { SIGNALBOX_ADMIN_METRICS_INTERVAL: "60", ...options.env },
  });
  onTestFinished(() => server.close());
  const { cookie } = server.sessions.signIn({ userId: "root", role: "admin" });
  const clients = createClients({ url: server.url, share: false, headers: { origin: server.url, cookie } });
  onTestFinished(() => clients.close());
  let denials = 0;
  const feed = openFeed(clients.admin(), () => {
    denials += 1;
  });
  const section = feed.section();
  onTestFinished(() => section.close());
  return {
    ...{ server, feed, section },
    async interrupt() {
      const end = Promise.withResolvers<void>();
      const admin = server.realtime.io.of("/admin");
      admin.use((_socket, next) => void end.promise.then(() => next()));
      for (const socket of await admin.fetchSockets()) socket.disconnect(true);
      await expect.poll(section.isOpen).toBe(false);
      return end.resolve;
    },
    denials: () => denials,
    sendBatch(batch, at = new Date().toISOString()) {
      server.realtime.io.of("/admin").emit("admin_batch", { at, ...batch });
    },
  };
}
