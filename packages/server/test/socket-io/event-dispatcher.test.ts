/** The checks that every event passes before and after its handler, in a namespace that an application defines. */
import type { StandardSchemaV1 } from "@standard-schema/spec";
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished } from "vitest";
import { z } from "zod";
import { validatePayload } from "../../src/core/validate-payload.ts";
import { createInFlightRequests } from "../../src/socket-io/connections/in-flight-requests.ts";
import { defineNamespace, type RequestContext, request } from "../../src/socket-io/namespaces/define-namespace.ts";
import { createKeyedQueue } from "../../src/socket-io/namespaces/keyed-queue.ts";
import { hasUnsafeKey } from "../../src/socket-io/namespaces/unsafe-keys.ts";
import { createFakeClock } from "../../src/testing/fake-clock.ts";
import { connectClient, startTestServer, type TestClient, type TestServer } from "../../src/testing/index.ts";

let server: TestServer;
let client: TestClient;
let clock: ReturnType<typeof createFakeClock>;
/** The handler's behaviour with its context, set by each test. */
let handler: (payload: unknown, context: RequestContext) => object | undefined | Promise<object | undefined>;

const anything = z.looseObject({});
/** A schema of a library other than Zod: a path may be absent, and its parts may be objects. */
const refusing = (path: StandardSchemaV1.Issue["path"]): StandardSchemaV1 => ({
  "~standard": { version: 1, vendor: "test", validate: () => ({ issues: [{ message: "No.", path }] }) },
});
const run = (payload: unknown, context: RequestContext) => handler(payload, context);

beforeAll(async () => {
  clock = createFakeClock(Date.now());
  const env = {
    SIGNALBOX_MAX_ROOMS_PER_SOCKET: "3",
    SIGNALBOX_SESSION_RECHECK: "86400",
    SOCKETIO_RATE_LIMITING: "false",
  };
  server = await startTestServer({ clock, env });
  server.realtime.namespace(
    defineNamespace({
      path: "/lab",
      access: "user",
      requests: {
        any: request(anything, run),
        strict: request(z.object({ a: z.object({ b: z.array(z.number()) }) }), run),
        whole: request(z.number(), run),
        admins: request(anything, run, { access: "admin" }),
        ordered: request(anything, run, { order: ({ key }) => String(key) }),
        pathless: request(refusing(undefined), run),
        keyed: request(refusing([{ key: "a" }, "b"]), run),
      },
      rooms: () => ["everybody"],
      forfeits: (room, _principal, requested) => room === "asked for" && requested,
    }),
  );
});
afterAll(() => server.close());
beforeEach(async () => {
  handler = () => ({});
  const { cookie } = server.sessions.signIn({ userId: "ada", expiresAt: clock.now() + 3_600_000 });
  client = await connectClient(server.url, { cookie, namespace: "/lab" });
  return () => client.close();
});

const errorOf = async (event: string, payload?: unknown) => (await client.request(event, payload)).error;

describe("an event", () => {
  it("is answered with what its handler returns, beside ok", async () => {
    handler = () => ({ answer: 42 });
    expect(await client.request("any", {})).toEqual({ ok: true, answer: 42 });
    handler = () => undefined;
    expect(await client.request("any", {})).toEqual({ ok: true });
  });

  it("without a payload has an empty one, with or without an acknowledgement", async () => {
    const seen: unknown[] = [];
    handler = (payload) => {
      seen.push(payload);
      return undefined;
    };
    client.socket.emit("any");
    client.socket.emit("any", { a: 1 }, "more");
    expect(await client.socket.emitWithAck("any")).toEqual({ ok: true });
    expect(seen).toEqual([{}, { a: 1 }, {}]);
    expect(client.received("error")).toEqual([]);
  });

  it("that is not declared is refused, and without an acknowledgement as an event `error`", async () => {
    expect(await errorOf("nope", {})).toMatchObject({ code: "event_unknown", hint: expect.stringContaining("/lab") });
    client.socket.emit("nope", {});
    expect(await client.next("error")).toMatchObject({ code: "event_unknown" });
  });

  it("whose payload does not fit its schema is refused with the path to the field", async () => {
    const error = await errorOf("strict", { a: { b: [1, "2"] } });
    expect(error).toMatchObject({ code: "payload_invalid", hint: expect.stringMatching(/^a\.b\.1: /) });
    expect((await errorOf("whole", "x")).hint).toMatch(/^Invalid input/);
    expect((await errorOf("pathless")).hint).toBe("No.");
    expect((await errorOf("keyed")).hint).toBe("a.b: No.");
  });

  it.each(['{"__proto__":1}', '{"a":[{"constructor":{"prototype":1}}]}'])(
    "whose payload contains a prototype key is refused before its schema is checked: %s",
    async (json) => {
      let reached = false;
      handler = () => {
        reached = true;
        return undefined;
      };
      expect(await errorOf("any", JSON.parse(json))).toMatchObject({
        ...{ code: "payload_invalid", hint: expect.stringContaining("__proto__") },
      });
      expect(reached).toBe(false);
    },
  );

  it("needs the right of its own rule beside that of the namespace", async () => {
    expect(await errorOf("admins", {})).toMatchObject({ code: "forbidden" });
    const { cookie } = server.sessions.signIn({ userId: "root", role: "admin" });
    const admin = await connectClient(server.url, { cookie, namespace: "/lab" });
    expect(await admin.request("admins", {})).toEqual({ ok: true });
    admin.close();
  });

  it("that fails in its handler is answered as internal, logged with its name, and harms no other", async () => {
    handler = async () => {
      throw new Error("secret detail");
    };
    const error = await errorOf("any", {});
    expect(error).toMatchObject({ code: "internal", hint: expect.stringContaining("log") });
    expect(JSON.stringify(error)).not.toContain("secret");
    expect(server.logged.at(-1)).toMatchObject({ level: "error", fields: { event: "any" } });
    handler = () => ({});
    expect(await client.request("any", {})).toEqual({ ok: true });
  });

  it("of a session that has expired by the clock is refused, though the sweep has not come yet", async () => {
    const { cookie } = server.sessions.signIn({ userId: "eve", expiresAt: clock.now() + 60_100 });
    const short = await connectClient(server.url, { cookie, namespace: "/lab" });
    clock.advance(60_100);
    expect((await short.request("any", {})).error).toMatchObject({ code: "session_expired" });
    short.close();
  });

  it("is counted with its outcome and the time it took in seconds", async () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    handler = async () => {
      await promise;
      return undefined;
    };
    const answer = client.request("admins", {}).then(() => client.request("any", {}));
    setTimeout(resolve, 60);
    await answer;
    const metrics = await (await fetch(`${server.url}/metrics`)).text();
    expect(metrics).toMatch(/signalbox_events_total\{namespace="\/lab",event="admins",outcome="forbidden"\} [1-9]/);
    expect(metrics).toMatch(/signalbox_events_total\{namespace="\/lab",event="any",outcome="ok"\} [1-9]/);
    const [, sum] = /signalbox_event_duration_seconds_sum\{namespace="\/lab",event="any"\} (\S+)/.exec(metrics) ?? [];
    expect(Number(sum)).toBeGreaterThan(0.01);
    expect(Number(sum)).toBeLessThan(60);
  });
});

it("events without an order run side by side", async () => {
  const [begun, ended] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  handler = async (payload) => {
    if (!("first" in (payload as object))) return undefined;
    begun.resolve();
    await ended.promise;
    return undefined;
  };
  const first = client.request("any", { first: true });
  await begun.promise;
  expect(await client.request("any", {})).toEqual({ ok: true });
  ended.resolve();
  expect(await first).toEqual({ ok: true });
});

it("a refused event leaves a line in the security log", async () => {
  await client.request("admins", {});
  const security = expect.objectContaining({ user_id: "ada", code: "forbidden", event: "admins" });
  const fields = expect.objectContaining({ security });
  await expect.poll(() => server.logged).toContainEqual(expect.objectContaining({ fields }));
});

it("an event over the user's budget is refused with the time to wait", async () => {
  const strict = await startTestServer({ env: { SIGNALBOX_MESSAGE_BURST: "1", SIGNALBOX_MESSAGE_RATE: "1" } });
  onTestFinished(() => strict.close());
  const { cookie } = strict.sessions.signIn({ userId: "ada" });
  const eager = await connectClient(strict.url, { cookie });
  onTestFinished(() => eager.close());
  const answers = await Promise.all([1, 2].map(() => eager.request("check_connection", {})));
  expect(answers.map(({ ok }) => ok)).toEqual([true, false]);
  expect(answers[1]?.error).toMatchObject({ code: "rate_limited", retry_after_ms: expect.any(Number) });
});

describe("the context of a handler", () => {
  it("has the user, the address, the socket, and the rooms that the socket is in", async () => {
    let seen: object = {};
    handler = (_payload, { principal, ip, socketId, rooms }) => {
      seen = { userId: principal.userId, ip, socketId, inRoom: rooms.has("everybody") };
      return undefined;
    };
    await client.request("any", {});
    expect(seen).toEqual({ userId: "ada", ip: "127.0.0.1", socketId: client.socket.id, inRoom: true });
  });

  it("joins and leaves rooms, up to the limit, and a joined one again without counting", async () => {
    const join = (room: string) => {
      handler = async (_payload, context) => {
        await context.join(room);
        return { rooms: context.rooms.size };
      };
      return client.request("any", {});
    };
    const { rooms } = await join("everybody");
    const room = (n: number) => `room ${n}`;
    // The socket's own room, its user's room and the default room are joined already.
    let joined = rooms;
    let refused: { code?: string; retry_after_ms?: number; hint?: string } | undefined;
    for (let n = 0; refused === undefined; n += 1) {
      const answer = await join(room(n));
      if (answer.ok) joined += 1;
      refused = answer.error;
    }
    expect(joined).toBe(4);
    expect(refused).toMatchObject({
      ...{
        code: "rate_limited",
        retry_after_ms: 5000,
        hint: expect.stringContaining("SIGNALBOX_MAX_ROOMS_PER_SOCKET"),
      },
    });
    expect(await join("everybody")).toMatchObject({ ok: true });
    handler = async (_payload, { leave }) => {
      await leave("everybody");
      return undefined;
    };
    await client.request("any", {});
    expect(await join("instead")).toMatchObject({ ok: true, rooms: 4 });
  });

  it("distinguishes rooms that requests joined from those in which the server puts the socket", async () => {
    const roomsAfter = async (act: (context: RequestContext) => unknown) => {
      handler = async (_payload, context) => {
        await act(context);
        return undefined;
      };
      await client.request("any", {});
      await server.realtime.sessionChanged({ userId: "ada" });
      return server.realtime.io.of("/lab").adapter.rooms.has("asked for");
    };
    const byServer = () => server.realtime.io.of("/lab").socketsJoin("asked for");
    expect(await roomsAfter(({ join }) => join("asked for"))).toBe(false);
    expect(await roomsAfter(byServer)).toBe(true);
    const joinAndLeave = async ({ join, leave }: RequestContext) => {
      await leave("asked for");
      await join("asked for");
      await leave("asked for");
    };
    expect(await roomsAfter(joinAndLeave)).toBe(false);
    expect(await roomsAfter(byServer)).toBe(true);
  });

  it("joins no room for a socket that has gone meanwhile, and a request that waits for its turn is not run", async () => {
    const begun = Promise.withResolvers<void>();
    const gone = Promise.withResolvers<void>();
    const outcomes: unknown[] = [];
    handler = async (payload, context) => {
      outcomes.push(payload);
      begun.resolve();
      await gone.promise;
      try {
        await context.join("ghosts");
      } catch (error) {
        outcomes.push((error as { code: string }).code);
      }
      return undefined;
    };
    client.socket.emit("ordered", { key: 1 });
    client.socket.emit("ordered", { key: 1, second: true });
    await begun.promise;
    client.close();
    await expect.poll(() => server.realtime.io.of("/lab").sockets.size).toBe(0);
    gone.resolve();
    await expect.poll(() => outcomes).toEqual([{ key: 1 }, "session_revoked"]);
    for (let turn = 0; turn < 5; turn += 1) await new Promise((resolve) => setImmediate(resolve));
    expect(outcomes).toHaveLength(2);
    expect(server.realtime.io.of("/lab").adapter.rooms.has("ghosts")).toBe(false);
    // Its own request and the one that waited: no client received these refusals.
    const metrics = await (await fetch(`${server.url}/metrics`)).text();
    expect(metrics).not.toContain('signalbox_refusals_total{code="session_revoked"}');
  });
});

describe("requests with one key", () => {
  const turn = () => new Promise((resolve) => setImmediate(resolve));

  it("run one after the other, also after one that failed, and those of other keys beside them", async () => {
    const queue = createKeyedQueue();
    const steps: string[] = [];
    const first = Promise.withResolvers<void>();
    const a = queue("a", async () => {
      steps.push("a1");
      await first.promise;
      throw new Error("a1 failed");
    });
    const second = queue("a", async () => steps.push("a2"));
    const other = queue("b", async () => steps.push("b"));
    await other;
    await turn();
    expect(steps).toEqual(["a1", "b"]);
    first.resolve();
    await expect(a).rejects.toThrow("a1 failed");
    expect(await second).toBe(3);
    expect(steps).toEqual(["a1", "b", "a2"]);
  });

  it("wait for the one before them also when an earlier one is over", async () => {
    const queue = createKeyedQueue();
    const steps: string[] = [];
    const held = Promise.withResolvers<void>();
    await Promise.all([
      queue("a", async () => steps.push("first")).then(() => {
        const third = queue("a", async () => steps.push("third"));
        held.resolve();
        return third;
      }),
      queue("a", async () => {
        await held.promise;
        await turn();
        steps.push("second");
      }),
    ]);
    expect(steps).toEqual(["first", "second", "third"]);
  });

  it("wait, up to 32 of them, and leave nothing behind", async () => {
    const queue = createKeyedQueue();
    for (let round = 0; round < 2; round += 1) {
      const held = Promise.withResolvers<void>();
      const waiting = Array.from({ length: 32 }, () => queue("a", () => held.promise));
      await expect(queue("a", async () => {})).rejects.toMatchObject({
        ...{ code: "rate_limited", retryAfterMs: 1000, hint: '32 requests wait for "a".' },
      });
      expect(await queue("b", async () => "b")).toBe("b");
      held.resolve();
      await Promise.all(waiting);
    }
  });
});

describe("requests under way", () => {
  it("of some connections are waited for without the others, and all of them when no connections are given", async () => {
    const inFlight = createInFlightRequests(createFakeClock());
    const [ours, theirs] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    const [one, another] = [{}, {}];
    inFlight.add(ours.promise, one);
    inFlight.add(theirs.promise, another);
    const done: string[] = [];
    const some = inFlight.settled(1000, new Set([one])).then(() => done.push("some"));
    const all = inFlight.settled(1000).then(() => done.push("all"));
    const none = inFlight.settled(1000, new Set([{}])).then(() => done.push("none"));
    await none;
    expect(done).toEqual(["none"]);
    ours.resolve();
    await some;
    await new Promise((resolve) => setImmediate(resolve));
    expect(done).toEqual(["none", "some"]);
    theirs.resolve();
    await all;
  });

  it("are waited for no longer than was said, and the timer ends with them", async () => {
    const fake = createFakeClock();
    let timers = 0;
    const clock = {
      ...fake,
      after(ms: number, run: () => void) {
        timers += 1;
        const cancel = fake.after(ms, run);
        return () => {
          timers -= 1;
          cancel();
        };
      },
    };
    const inFlight = createInFlightRequests(clock);
    inFlight.add(new Promise(() => {}));
    let over = false;
    const settled = inFlight.settled(1000).then(() => {
      over = true;
    });
    fake.advance(999);
    await new Promise((resolve) => setImmediate(resolve));
    expect(over).toBe(false);
    fake.advance(1);
    await settled;
    expect(timers).toBe(0);
  });
});

describe("a key that means the prototype of all objects", () => {
  it.each([
    ['{"__proto__":null}', true],
    ['[{"a":{"__proto__":{}}}]', true],
    ['[1,{"__proto__":{}},{}]', true],
    ['{"constructor":{"prototype":{}}}', true],
    ['{"constructor":{"name":"x"}}', false],
    ['{"constructor":"builder"}', false],
    ['{"constructor":null}', false],
    ['{"prototype":{"constructor":1}}', false],
    ['{"a":{"b":[1,"__proto__",null,true]}}', false],
    ['"__proto__"', false],
    ["null", false],
  ])("is found in %s: %s", (json, found) => {
    expect(hasUnsafeKey(JSON.parse(json))).toBe(found);
  });

  it("is not looked for in bytes, nor inherited", () => {
    expect(hasUnsafeKey(Object.assign(new Uint8Array(2), { __proto__x: 1 }))).toBe(false);
    expect(hasUnsafeKey(undefined)).toBe(false);
    const bytes = Object.defineProperty(new Uint8Array(1), "__proto__", { value: 1, enumerable: true });
    expect(hasUnsafeKey(bytes)).toBe(false);
  });
});

it("an input that does not fit its schema is refused with the path to the field", () => {
  const schema = z.object({ a: z.object({ b: z.number() }) });
  expect(validatePayload(schema, { a: { b: 1, c: 2 } })).toEqual({ a: { b: 1 } });
  expect(() => validatePayload(schema, { a: { b: "1" } })).toThrow(
    expect.objectContaining({ code: "payload_invalid", hint: expect.stringMatching(/^a\.b: /) }),
  );
});
