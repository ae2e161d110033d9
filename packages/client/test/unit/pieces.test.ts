/** The small parts: observables, requests under way, event guards, options. */
import { describe, expect, it } from "vitest";
import manifest from "../../package.json" with { type: "json" };
import { diagnose } from "../../src/diagnosis.ts";
import { isWellFormed } from "../../src/event-guards.ts";
import type { NamespaceState } from "../../src/link.ts";
import { createSource } from "../../src/observable.ts";
import { checkOptions } from "../../src/options.ts";
import { createReporter, type Problem } from "../../src/report.ts";
import { createRequests, type OutgoingRequest, outcomeIn } from "../../src/requests.ts";
import { version } from "../../src/version.ts";
import { manualEnvironment } from "./manual-environment.ts";

describe("an observable", () => {
  it("goes on when a listener throws, and says so", () => {
    const problems: Problem[] = [];
    const source = createSource(
      0,
      createReporter((problem) => problems.push(problem)),
    );
    const seen: number[] = [];
    source.subscribe(() => {
      throw new Error("mine");
    });
    source.subscribe((value) => seen.push(value));
    source.set(1);
    expect(seen).toEqual([1]);
    expect(problems).toMatchObject([{ kind: "listener_failed", error: { message: "mine" } }]);
  });
  it("can be looped over: the present value, then the latest, until the end", async () => {
    const source = createSource("a", createReporter());
    const seen: string[] = [];
    const loop = (async () => {
      for await (const value of source) seen.push(value);
    })();
    await Promise.resolve();
    source.set("b");
    source.set("c");
    await new Promise((resolve) => setImmediate(resolve));
    source.set("d");
    source.end();
    await loop;
    expect(seen).toEqual(["a", "c", "d"]);
  });
});

describe("requests under way", () => {
  function start(open: boolean) {
    const environment = manualEnvironment();
    const sent: OutgoingRequest[] = [];
    let isOpen = open;
    let timeouts = 0;
    const requests = createRequests({
      environment,
      namespaceState: () => ({ status: isOpen ? "open" : "opening", diagnosis: null }),
      send(request) {
        if (isOpen) sent.push(request);
        return isOpen;
      },
      onTimeout: () => timeouts++,
    });
    return { environment, requests, sent, setOpen: (value: boolean) => (isOpen = value), timeouts: () => timeouts };
  }

  it("wait for the namespace, and are sent when it opens", async () => {
    const { requests, sent, setOpen } = start(false);
    const answer = requests.request("/", "x", {});
    expect(sent).toEqual([]);
    setOpen(true);
    requests.opened("/admin");
    requests.opened("/");
    sent[0]?.settle({ n: 1 });
    expect(await answer).toEqual({ n: 1 });
  });
  it("are sent again after a loss only if that does no harm", async () => {
    const { requests, sent } = start(true);
    const once = requests.request("/", "once", {});
    const again = requests.request("/", "again", {}, { idempotent: true });
    requests.lost("/");
    await expect(once).rejects.toMatchObject({ code: "connection_lost" });
    requests.opened("/");
    expect(sent.map(({ event }) => event)).toEqual(["once", "again", "again"]);
    sent[2]?.settle({});
    expect(await again).toEqual({});
  });
  it("time out, and raise the question whether the connection lives", async () => {
    const { environment, requests, timeouts } = start(true);
    const answer = requests.request("/", "x", {}, { timeoutMs: 500 });
    environment.advance(500);
    await expect(answer).rejects.toMatchObject({ code: "timed_out" });
    expect(timeouts()).toBe(1);
  });
  it("are rejected at once where nothing will open the namespace by itself", async () => {
    const environment = manualEnvironment();
    const request = (state: NamespaceState) =>
      createRequests({ environment, namespaceState: () => state, send: () => false, onTimeout() {} }).request(
        "/",
        "x",
        {},
      );
    await expect(request({ status: "closed", diagnosis: null })).rejects.toMatchObject({ code: "closed" });
    const diagnosis = diagnose("forbidden");
    await expect(request({ status: "refused", diagnosis })).rejects.toMatchObject({ code: "forbidden" });
  });
});

describe("an acknowledgement", () => {
  it("that says ok is the body of the answer", () => {
    expect(outcomeIn({ ok: true, n: 1 })).toEqual({ n: 1 });
  });
  it.each([[undefined], [null], ["text"], [{ ok: "yes" }], [{ ok: false, error: { code: "rate_limited" } }]])(
    "of a form that is not the contract's is a protocol_mismatch: %j",
    (malformed) => {
      expect(outcomeIn(malformed)).toMatchObject({ name: "RequestError", code: "protocol_mismatch" });
    },
  );
});

describe("a message of the server", () => {
  const task = { task_id: "a", version: 1, status: "running", percent: null };
  it.each([
    ["progress_update", task, true],
    ["progress_update", { ...task, version: 1.5 }, false],
    ["progress_update", { ...task, version: "1" }, false],
    ["progress_update", { ...task, status: "toString" }, false],
    ["progress_batch", { tasks: [task, "judged by itself"] }, true],
    ["progress_batch", { tasks: "none" }, false],
    ["progress_batch", [task], false],
    ["task_completed", null, false],
    ["task_completed", [task], false],
    ["server_draining", { reconnect_after_ms: "soon" }, false],
    ["error", { code: "constructor" }, false],
    ["connections_update", { opened: 1, closed: 0, total: 4 }, true],
    ["an event of the application's own", "anything", true],
  ] as const)("%s %j is well-formed: %s", (event, payload, expected) => {
    expect(isWellFormed(event, payload)).toBe(expected);
  });
});

describe("options", () => {
  it("never share a connection whose token is one tab's own", () => {
    expect(checkOptions({ url: "https://a.example/", token: () => "t", share: true })).toEqual({
      base: "https://a.example/",
      share: false,
    });
  });
});

it("the client reports the version of the package to servers", () => {
  expect(version).toBe(manifest.version);
});
