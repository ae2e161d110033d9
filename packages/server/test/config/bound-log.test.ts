/**
 * Requests cannot fill a disk with log lines: texts are cut, equal lines are folded, and different ones are bounded.
 */
import { describe, expect, it, onTestFinished } from "vitest";
import { boundLog } from "../../src/config/bound-log.ts";
import { createLog } from "../../src/config/log-from-config.ts";
import type { Log } from "../../src/core/ports.ts";
import { createFakeClock, startTestServer } from "../../src/testing/index.ts";

const settings = { logLevel: "debug", debug: false, debugParts: [] } as const;

/** Collects the written lines, parsed. */
function startLog() {
  const lines: string[] = [];
  return { lines, log: createLog(settings, { write: (line) => lines.push(line) }) };
}

/** A user's own log, which records its calls. */
function recordingLog() {
  const calls: { level: string; fields: Record<string, unknown>; message: string }[] = [];
  const at = (level: string) => (fields: object, message: string) => {
    calls.push({ level, fields: fields as Record<string, unknown>, message });
  };
  const log: Log = { debug: at("debug"), info: at("info"), warn: at("warn"), error: at("error") };
  return { calls, log };
}

const huge = "x".repeat(950_000);

describe("a line of the log", () => {
  const circular: Record<string, unknown> = { huge };
  circular.self = circular;
  it.each<[string, object, string]>([
    ["a huge message", {}, huge],
    ["a huge field", { url: huge }, "Refused."],
    ["a huge nested field", { a: { b: [{ c: huge }] } }, "Refused."],
    ["a huge key", { [huge]: 1 }, "Refused."],
    ["many fields", Object.fromEntries(Array.from({ length: 10_000 }, (_, n) => [`k${n}`, huge])), "Refused."],
    ["a long list", { list: Array.from({ length: 10_000 }, () => huge) }, "Refused."],
    ["an error with a huge message", { err: new Error(huge) }, "Failed."],
    [
      "an error with huge fields",
      { err: Object.assign(new Error("no"), { sql: huge, parameters: [huge] }) },
      "Failed.",
    ],
    ["an error with a huge cause", { err: new Error("no", { cause: new Error(huge) }) }, "Failed."],
    ["errors in an error", { err: new AggregateError([new Error(huge), new Error(huge)], "no") }, "Failed."],
    ["an abort", { err: AbortSignal.abort().reason }, "Failed."],
    ["bytes", { body: Buffer.alloc(950_000) }, "Failed."],
    ["an object that writes itself", { url: { toJSON: () => huge } }, "Failed."],
    ["a circle", circular, "Failed."],
    ["a getter that throws", Object.defineProperty({}, "x", { enumerable: true, get: () => expect.fail() }), "Failed."],
    ["no fields at all", undefined as unknown as object, "Failed."],
    ["a whole number without bounds", { big: 10n ** 5000n }, "Failed."],
    ["characters that are escaped", { url: "\u0000".repeat(950_000) }, "\u0000".repeat(950_000)],
  ])("with %s takes less than 40 KB, and each text 1 KB", (_what, fields, message) => {
    const { lines, log } = startLog();
    log.error(fields, message);
    expect(lines).toHaveLength(1);
    const [line = ""] = lines;
    expect(line.length).toBeLessThan(40_000);
    expect(textsOf(JSON.parse(line)).filter((text) => [...text].length > 1000)).toEqual([]);
  });

  it("is cut between characters, never within one", () => {
    const { lines, log } = startLog();
    log.error({ title: `${"x".repeat(998)}${"😀".repeat(5)}`, lone: `a\ud83d` }, "Refused.");
    expect(JSON.parse(lines[0] ?? "")).toMatchObject({ title: `${"x".repeat(998)}😀…`, lone: "a\ufffd" });
  });

  it("keeps the frames of an error with a long message, and what the error is", () => {
    const { calls, log } = recordingLog();
    const given = Object.assign(new TypeError(huge), { code: "E_LONG" });
    boundLog(log).error({ err: given, request_id: "r1" }, "Failed.");
    const err = calls[0]?.fields.err as Error;
    expect(err).toBeInstanceOf(TypeError);
    expect(err).toMatchObject({ code: "E_LONG" });
    expect(err.stack).toContain("bound-log.test.ts");
    expect(given.message).toBe(huge);
  });

  it("with nothing to cut is as it was given", () => {
    const { calls, log } = recordingLog();
    const fields = { a: "text", n: 1, none: null, yes: true, list: [1, "two"], nested: { at: new Date(0) } };
    boundLog(log).info(fields, "Listening.");
    const nested = { at: "1970-01-01T00:00:00.000Z" };
    expect(calls).toEqual([{ level: "info", fields: { ...fields, nested }, message: "Listening." }]);
  });
});

describe("repeated lines", () => {
  it("leave one line and one with their number, per minute", () => {
    const clock = createFakeClock();
    const { calls, log } = recordingLog();
    const bounded = boundLog(log, clock);
    for (let n = 0; n < 1000; n += 1) bounded.error({ err: new Error("no"), request_id: `r${n}` }, "A request failed.");
    expect(calls).toHaveLength(1);
    clock.advance(60_000);
    expect(calls).toHaveLength(2);
    expect(calls[1]).toMatchObject({ level: "error", message: "A request failed.", fields: { repeated: 999 } });
    bounded.error({ err: new Error("no") }, "A request failed.");
    expect(calls).toHaveLength(3);
  });

  it("are told apart by their message, error, fields and level", () => {
    const { calls, log } = recordingLog();
    const bounded = boundLog(log, createFakeClock());
    bounded.error({ err: new Error("one") }, "A request failed.");
    bounded.error({ err: new Error("two") }, "A request failed.");
    bounded.error({ task_id: "1" }, "A task failed.");
    bounded.error({ task_id: "2" }, "A task failed.");
    bounded.warn({ task_id: "2" }, "A task failed.");
    expect(calls).toHaveLength(5);
  });

  it("that all differ are bounded", () => {
    const clock = createFakeClock();
    const { calls, log } = recordingLog();
    const bounded = boundLog(log, clock);
    for (let n = 0; n < 10_000; n += 1) bounded.error({}, `Invalid callback: ${n}`);
    expect(calls.length).toBeLessThan(60);
    clock.advance(60_000);
    expect(calls.at(-1)).toMatchObject({ fields: { repeated: 10_000 - 51 } });
  });

  it("of the levels info and debug, and of the security log, are left alone", () => {
    const { calls, log } = recordingLog();
    const bounded = boundLog(log, createFakeClock());
    for (let n = 0; n < 10; n += 1) {
      bounded.info({}, "Connected.");
      bounded.warn({ security: { count: 1 } }, "Security event.");
    }
    expect(calls).toHaveLength(20);
  });
});

it("bounds a log of the application's own as well", async () => {
  const { calls, log } = recordingLog();
  const server = await startTestServer({ logger: log, env: { SIGNALBOX_CONNECT_RATE_PER_ADDRESS: "1000000" } });
  onTestFinished(() => server.close());
  const { cookie } = server.sessions.signIn({ userId: "ada" });
  server.sessions.resolve = () => Promise.reject(Object.assign(new TypeError(huge), { sql: huge }));
  const headers = { origin: server.url, cookie };
  for (let n = 0; n < 20; n += 1) await fetch(`${server.url}/realtime/client-config`, { headers });
  expect(calls.length).toBeLessThan(5);
  expect(JSON.stringify(calls.map(({ fields, message }) => textsOf([fields, message]))).length).toBeLessThan(20_000);
});

/** Every text in a value, including keys and the parts of errors. */
function textsOf(value: unknown): string[] {
  if (typeof value === "string") return [value];
  if (typeof value !== "object" || value === null) return [];
  const own = value instanceof Error ? [value.message, value.stack ?? "", value.cause] : [];
  return [...Object.keys(value), ...own, ...Object.values(value)].flatMap(textsOf);
}
