/** What the page, its network and the clock of its machine tell about the connection. */
import { describe, expect, it, onTestFinished, vi } from "vitest";
import type { Attempt } from "../../src/attempt.ts";
import { type Signal, watchActivity } from "../../src/recovery/activity.ts";
import { isAlive } from "../../src/recovery/liveness.ts";
import { manualEnvironment } from "./manual-environment.ts";

/** A page that dispatches events as a browser does. */
function startPage() {
  const [window, document] = [new EventTarget(), Object.assign(new EventTarget(), { visibilityState: "visible" })];
  vi.stubGlobal("window", window);
  vi.stubGlobal("document", document);
  onTestFinished(() => void vi.unstubAllGlobals());
  const environment = manualEnvironment();
  const signals: Signal[] = [];
  const stop = watchActivity(environment, (signal) => signals.push(signal));
  onTestFinished(stop);
  const tell = (target: EventTarget, type: string, more: object = {}) =>
    target.dispatchEvent(Object.assign(new Event(type), more));
  return { window, document, environment, signals, stop, tell, taken: () => signals.splice(0) };
}

describe("the activity of a page", () => {
  it.each([
    ["window", "offline", {}, ["offline"]],
    ["window", "online", {}, ["online"]],
    ["window", "pagehide", { persisted: true }, ["store"]],
    ["window", "pagehide", { persisted: false }, []],
    ["window", "pageshow", { persisted: true }, ["restore"]],
    ["window", "pageshow", { persisted: false }, []],
    ["document", "freeze", {}, ["freeze"]],
    ["document", "resume", {}, ["wake"]],
    ["document", "visibilitychange", {}, ["wake"]],
  ] as const)("reports %s %s %o as %o", (target, type, more, expected) => {
    const page = startPage();
    page.tell(page[target], type, more);
    expect(page.signals).toEqual(expected);
    page.stop();
    page.tell(page[target], type, more);
    expect(page.signals).toEqual(expected);
  });

  it("does not report a page that is hidden", () => {
    const page = startPage();
    page.document.visibilityState = "hidden";
    page.tell(page.document, "visibilitychange");
    expect(page.signals).toEqual([]);
  });

  it("reports a machine that slept longer than 20 s, once, and no shorter gap", () => {
    const { environment, taken } = startPage();
    environment.advance(15_000);
    expect(taken()).toEqual([]);
    const { now } = environment;
    let slept = 0;
    environment.now = () => now() + slept;
    slept += 15_000;
    environment.advance(5000);
    expect(taken()).toEqual([]);
    slept += 15_001;
    environment.advance(5000);
    expect(taken()).toEqual(["wake"]);
    environment.advance(20_000);
    expect(taken()).toEqual([]);
  });

  it("takes a gap of a hidden page for no sleep", () => {
    const { document, environment, taken } = startPage();
    const { now } = environment;
    document.visibilityState = "hidden";
    environment.now = () => now() + 3_600_000;
    environment.advance(5000);
    expect(taken()).toEqual([]);
  });

  it("is watched by the clock alone where there is no page, until it is stopped", () => {
    const environment = manualEnvironment();
    const signals: Signal[] = [];
    const stop = watchActivity(environment, (signal) => signals.push(signal));
    const { now } = environment;
    let slept = 60_000;
    environment.now = () => now() + slept;
    environment.advance(5000);
    expect(signals).toEqual(["wake"]);
    stop();
    slept += 60_000;
    environment.advance(60_000);
    expect(signals).toEqual(["wake"]);
  });
});

describe("a connection that may be dead", () => {
  function ask() {
    const environment = manualEnvironment();
    const asked: { namespace: string; event: string; answer: (answer: unknown) => void }[] = [];
    const emit: Attempt["emit"] = (namespace, event, _payload, answer) => asked.push({ namespace, event, answer });
    const outcome: boolean[] = [];
    const done = isAlive({ emit } as Attempt, "/admin", environment).then((alive) => outcome.push(alive));
    return { environment, asked, outcome, done };
  }

  it("is alive when it answers anything within two seconds", async () => {
    const { environment, asked, outcome, done } = ask();
    environment.advance(1999);
    expect(asked).toMatchObject([{ namespace: "/admin", event: "check_connection" }]);
    asked[0]?.answer({ ok: false });
    await done;
    environment.advance(1);
    expect(outcome).toEqual([true]);
  });

  it("is dead when it has not answered after two seconds", async () => {
    const { environment, asked, outcome, done } = ask();
    environment.advance(2000);
    asked[0]?.answer({ ok: true });
    await done;
    expect(outcome).toEqual([false]);
  });
});
