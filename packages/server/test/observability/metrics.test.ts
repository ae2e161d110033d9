/** What operators see: every metric is conventional and documented, and the metrics of the Grafana dashboard exist. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, expect, it } from "vitest";
import { connectClient, startTestServer } from "../../src/testing/index.ts";

const root = join(import.meta.dirname, "../../../..");
const read = (file: string): string => readFileSync(join(root, file), "utf8");
let exposed = "";

beforeAll(async () => {
  const server = await startTestServer();
  const client = await connectClient(server.url, { cookie: server.sessions.signIn({ userId: "ada" }).cookie });
  await client.request("leave_task", { task_id: "none" });
  await client.request("no_such_event", {});
  await server.realtime.notify.user("ada", { type: "note", title: "Hello" });
  await fetch(`${server.url}/realtime/client-config`, { headers: { origin: "https://evil.example" } });
  exposed = await (await fetch(`${server.url}/metrics`)).text();
  client.close();
  await server.close();
});

const names = () => [...exposed.matchAll(/^# TYPE (\S+) (\S+)$/gm)].map(([, name = "", type = ""]) => ({ name, type }));
const ours = () => names().filter(({ name }) => name.startsWith("signalbox_"));

it("counters end with _total, times are in seconds, each has a sentence of help", () => {
  expect(ours().length).toBeGreaterThan(12);
  for (const { name, type } of ours()) {
    expect(name.endsWith("_total"), name).toBe(type === "counter");
    expect(name).not.toMatch(/_(ms|milliseconds|mb|kb|percent)(_|$)/);
    expect(exposed).toMatch(new RegExp(`^# HELP ${name} [A-Z].*\\.$`, "m"));
  }
});

it("an event is counted with its outcome, and the time to its answer; names that clients make up are not", () => {
  expect(exposed).toContain('signalbox_events_total{namespace="/",event="leave_task",outcome="ok"} 1');
  expect(exposed).toContain('signalbox_events_total{namespace="/",event="undeclared",outcome="event_unknown"} 1');
  expect(exposed).toMatch(/signalbox_event_duration_seconds_count\{namespace="\/",event="leave_task"\} 1/);
  expect(exposed).not.toContain("no_such_event");
});

it("metrics of dependencies exist before anything fails", () => {
  for (const name of ["store", "notifications", "sessions"]) {
    expect(exposed).toContain(`signalbox_dependency_up{dependency="${name}"} 1`);
  }
});

it("docs/operation.md names every metric of ours, and no other", () => {
  const documented = [...read("docs/operation.md").matchAll(/^\| `(signalbox_\w+)`/gm)].map(([, name]) => name);
  expect(documented.sort()).toEqual(
    ours()
      .map(({ name }) => name)
      .sort(),
  );
});

it("the Grafana dashboard asks for metrics and labels that exist", () => {
  const { panels } = JSON.parse(read("deploy/grafana/signalbox.json")) as {
    panels: { title: string; targets: { expr: string }[] }[];
  };
  const known = new Set(names().map(({ name }) => name));
  const asked = panels.flatMap(({ targets }) => targets.map(({ expr }) => expr));
  for (const expr of asked) {
    const [, metric = ""] = /((?:signalbox|process|nodejs)_\w+)\{/.exec(expr) ?? [];
    expect(known, expr).toContain(metric.replace(/_bucket$/, ""));
    for (const [, labels = ""] of expr.matchAll(/by \(([^)]+)\)/g)) {
      for (const label of labels.split(/, */).filter((each) => !["instance", "le"].includes(each))) {
        expect(exposed, `${metric} by ${label}`).toMatch(new RegExp(`^${metric}\\{[^}]*${label}="`, "m"));
      }
    }
  }
  const shown = new Set(
    asked
      .join(" ")
      .match(/signalbox_\w+/g)
      ?.map((name) => name.replace(/_bucket$/, "")),
  );
  expect([...shown].sort()).toEqual(
    ours()
      .map(({ name }) => name)
      .sort(),
  );
});
