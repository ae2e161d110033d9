import { expect, onTestFinished, test } from "vitest";
import { openAlerts } from "../../../browser/src/admin/alerts-store.ts";
import { openAnswerStore } from "../../../browser/src/admin/answer-store.ts";
import { openBlocks } from "../../../browser/src/admin/blocks-store.ts";
import { openConnections } from "../../../browser/src/admin/connections-store.ts";
import { openNames } from "../../../browser/src/admin/names.ts";
import { openOverview } from "../../../browser/src/admin/overview-store.ts";
import { openRooms } from "../../../browser/src/admin/rooms-store.ts";
import { openSecurity } from "../../../browser/src/admin/security-store.ts";
import { openTasks } from "../../../browser/src/admin/tasks-store.ts";
import { runDashboard } from "./dashboard-fixture.ts";

test("a user who is no administrator any more keeps nothing of what was shown", async () => {
  const { server, section, feed, denials } = await runDashboard({
    env: { SIGNALBOX_ADMIN_METRICS_INTERVAL: "1" },
  });
  await server.realtime.progress.create({ kind: "batch", title: "Secret", owner_id: "ada" });
  await fetch(`${server.url}/realtime/client-config`, { headers: { origin: "https://evil.example" } });
  const stores = {
    alerts: openAlerts(section).state,
    blocks: openBlocks(section).state,
    connections: openConnections(section).state,
    health: openAnswerStore(section, () => section.request("get_health", {})).state,
    names: openNames(section).state,
    overview: openOverview(section).state,
    rooms: openRooms(section).state,
    security: openSecurity(section).state,
    tasks: openTasks(section).state,
  };
  const values = () => Object.values(stores).map((store) => store.get());
  const shown = () => JSON.stringify(values().map((value) => (value instanceof Map ? [...value] : value)));
  const empty = values();
  await expect.poll(section.isOpen).toBe(true);
  server.realtime.admin.alert({ severity: "warning", title: "Low on disk", body: "" });
  for (const word of [
    "Secret",
    "evil.example",
    "root",
    "Low on disk",
    "admin_general",
    "server_id",
    "uptime_seconds",
  ]) {
    await expect.poll(shown, { message: word }).toContain(word);
  }

  server.sessions.setRole("root", "user");
  await expect.poll(() => feed.state.get().phase).toBe("denied");
  expect(feed.state.get().problem).toBe("You are no longer an administrator.");
  expect(denials()).toBe(1);
  expect(values()).toEqual(empty);
});

test("an answer that was under way while the rights were lost fills nothing", async () => {
  const { server, section, feed } = await runDashboard();
  await expect.poll(section.isOpen).toBe(true);
  let answer: (text: object) => void = () => {};
  const store = openAnswerStore(section, () => new Promise<object>((resolve) => (answer = resolve)));
  server.sessions.setRole("root", "user");
  await expect.poll(() => feed.state.get().phase).toBe("denied");
  answer({ secret: "a name" });
  await new Promise(setImmediate);
  expect(store.state.get()).toEqual({ answer: null, problem: null });
});

test("while the server is away it is said since when, and everything is asked for anew when it is back", async () => {
  const before = Date.now();
  const { section, feed, interrupt } = await runDashboard();
  let openings = 0;
  section.onOpen(() => {
    openings += 1;
  });
  await expect.poll(() => openings).toBe(1);
  const phases: string[] = [];
  onTestFinished(feed.state.subscribe(() => phases.push(feed.state.get().phase)));
  const isBack = await interrupt();
  await expect.poll(() => phases).toContain("stale");
  expect(feed.state.get().asOf).toBeGreaterThanOrEqual(before);
  isBack();
  await expect.poll(() => openings).toBe(2);
  expect(feed.state.get()).toEqual({ phase: "live", asOf: null, problem: null });
});
