/** R6.1: a session is looked up once for many requests, and never cached beyond a change. */
import { beforeEach, describe, expect, it } from "vitest";
import type { Clock, Credential, Session, SessionProblem, SessionSource } from "../../src/core/ports.ts";
import { Refusal } from "../../src/core/refusal.ts";
import { createDependencyHealth, type DependencyHealth } from "../../src/observability/dependency-health.ts";
import { createSessionLookup, type SessionHandle, type SessionLookup } from "../../src/sessions/session-lookup.ts";
import { createFakeClock, type FakeClock } from "../../src/testing/fake-clock.ts";
import { createTestLog } from "../security-log/fixture.ts";

type Answer = Session | SessionProblem;

/** A source whose answers the test gives explicitly, in the order of the look-ups. */
interface ManualSource extends SessionSource {
  readonly asked: { credential: Credential; answer(found: Answer): void; fail(error: unknown): void }[];
}

function manualSource(header: string, kind: Credential["kind"] = "cookie"): ManualSource {
  const asked: ManualSource["asked"] = [];
  return {
    asked,
    credentialOf({ headers }) {
      const value = headers[header];
      return typeof value === "string" ? { kind, value } : undefined;
    },
    resolve: (credential) =>
      new Promise((resolve, reject) => asked.push({ credential, answer: resolve, fail: reject })),
  };
}

const cacheMs = 2000;
const timeoutMs = 5000;
const ada: Session = { ref: "ref-ada", userId: "ada", username: "Ada", role: "user", expiresAt: null };
const carrier = { headers: { first: "cookie-of-ada" } };

const log = createTestLog();
let clock: FakeClock;
let first: ManualSource;
let second: ManualSource;
let lookup: SessionLookup;
let health: DependencyHealth;

beforeEach(() => {
  clock = createFakeClock();
  first = manualSource("first");
  second = manualSource("second", "bearer");
  health = createDependencyHealth({ name: "session store", clock, log: createTestLog() });
  lookup = createSessionLookup({ log, sources: [first, second], health, clock, cacheMs, timeoutMs });
});

/** Starts a look-up and answers it. */
async function findAnd(answer: Answer, who = carrier): Promise<Session> {
  const found = lookup.find(who);
  first.asked.at(-1)?.answer(answer);
  return (await found).session;
}

const codeOf = (promise: Promise<unknown>): Promise<string> =>
  promise.then(
    () => "none",
    (error: { code: string }) => error.code,
  );

describe("the source", () => {
  it("that finds a credential first decides; the others are not asked", async () => {
    const refused = codeOf(lookup.find({ headers: { first: "bad", second: "good" } }));
    first.asked[0]?.answer("session_invalid");
    expect(await refused).toBe("session_invalid");
    expect(second.asked).toEqual([]);

    const found = lookup.find({ headers: { second: "good" } });
    second.asked[0]?.answer(ada);
    expect((await found).handle).toEqual({
      source: second,
      credential: { kind: "bearer", value: "good" },
      key: expect.any(String),
    });
  });

  it("is not asked when there is no credential", async () => {
    expect(await codeOf(lookup.find({ headers: {} }))).toBe("session_missing");
    expect(first.asked).toEqual([]);
  });

  it.each(["session_missing", "session_invalid", "session_expired", "session_revoked"] as const)(
    "that answers %s makes the look-up refuse with that code",
    async (problem) => {
      expect(await codeOf(findAnd(problem))).toBe(problem);
    },
  );

  it("that fails or throws refuses as unavailable, and is asked again the next time", async () => {
    const refused = codeOf(lookup.find(carrier));
    first.asked[0]?.fail(new Error("down"));
    expect(await refused).toBe("unavailable");
    expect(await findAnd(ada)).toEqual(ada);

    const throwing: SessionSource = {
      credentialOf: () => ({ kind: "cookie", value: "x" }),
      resolve() {
        throw new Error("thrown, not rejected");
      },
    };
    const strict = createSessionLookup({ log, sources: [throwing], health, clock, cacheMs, timeoutMs });
    expect(await codeOf(strict.find(carrier))).toBe("unavailable");
  });

  it("that hangs refuses as unavailable in time; what it answers later counts for nothing", async () => {
    const refused = codeOf(lookup.find(carrier));
    clock.advance(timeoutMs);
    expect(await refused).toBe("unavailable");

    first.asked[0]?.answer(ada);
    const again = codeOf(lookup.find(carrier));
    expect(first.asked).toHaveLength(2);
    first.asked[1]?.answer("session_revoked");
    expect(await again).toBe("session_revoked");
  });
});

/** A clock that counts the timers which have neither run nor been cancelled. */
function countTimers() {
  const pending = new Set<object>();
  const counting: Clock = {
    ...clock,
    after(ms, run) {
      const timer = {};
      pending.add(timer);
      const cancel = clock.after(ms, () => {
        pending.delete(timer);
        run();
      });
      return () => {
        pending.delete(timer);
        cancel();
      };
    },
  };
  return { counting, running: () => pending.size };
}

it("no timer is left behind, however a look-up ends", async () => {
  const { counting, running } = countTimers();
  lookup = createSessionLookup({ log, sources: [first], health, clock: counting, cacheMs: 0, timeoutMs });
  const found = lookup.find(carrier);
  expect(running()).toBe(1);
  first.asked[0]?.answer(ada);
  await found;
  const failed = codeOf(lookup.find(carrier));
  first.asked[1]?.fail(new Error("down"));
  await failed;
  expect(running()).toBe(0);
});

it("one timer removes answers from the cache when they have expired, and none runs while it is empty", async () => {
  const { counting, running } = countTimers();
  lookup = createSessionLookup({ log, sources: [first], health, clock: counting, cacheMs, timeoutMs });
  await findAnd(ada);
  expect(running()).toBe(1);
  clock.advance(cacheMs);
  expect(running()).toBe(0);

  await findAnd(ada);
  clock.advance(1);
  await findAnd(ada, { headers: { first: "another cookie" } });
  expect(running()).toBe(1);
  clock.advance(cacheMs - 1);
  // The first is gone, and the second has a millisecond left.
  expect(running()).toBe(1);
  clock.advance(cacheMs);
  expect(running()).toBe(0);
});

describe("the health of the session store", () => {
  const failing = (fail: () => void) => {
    lookup.clear();
    const refused = codeOf(lookup.find(carrier));
    fail();
    return refused;
  };

  it("follows what the source answers", async () => {
    await failing(() => first.asked.at(-1)?.fail(new Error("down")));
    expect(health.status()).toBe("failing");
    await findAnd(ada);
    expect(health.status()).toBe("ok");
    await failing(() => clock.advance(timeoutMs));
    expect(health.status()).toBe("failing");
    lookup.clear();
    await findAnd("session_revoked").catch(() => {});
    expect(health.status()).toBe("ok");
  });

  it("is not judged by a refusal of the source's own, nor by an answer that breaks the contract", async () => {
    expect(await failing(() => first.asked.at(-1)?.fail(new Refusal("forbidden")))).toBe("forbidden");
    expect(await failing(() => first.asked.at(-1)?.answer({ userId: 5 } as never))).toBe("unavailable");
    expect(health.status()).toBe("ok");
  });
});

it("logs each way in which a source breaks the contract once, and every look-up for debugging", async () => {
  const own = createTestLog();
  const debugged: object[] = [];
  const throwing: SessionSource = {
    credentialOf: ({ headers }) => {
      if (headers.first === "throws") throw new Error("a bug");
      return first.credentialOf({ headers });
    },
    resolve: first.resolve,
  };
  const debug = (fields: object) => void debugged.push(fields);
  lookup = createSessionLookup({ log: own, debug, sources: [throwing], health, clock, cacheMs: 0, timeoutMs });
  for (const _time of [1, 2]) {
    expect(await codeOf(lookup.find({ headers: { first: "throws" } }))).toBe("unavailable");
    const refused = codeOf(lookup.find(carrier));
    first.asked.at(-1)?.answer({ userId: 5 } as never);
    expect(await refused).toBe("unavailable");
  }
  expect(own.lines.map(({ message }) => message)).toEqual([
    expect.stringContaining("`credentialOf` of a session source threw"),
    expect.stringContaining("this is logged once"),
  ]);
  await findAnd(ada);
  await findAnd("session_revoked").catch(() => {});
  expect(debugged).toEqual([
    ...[1, 2].map(() => ({ kind: "cookie", outcome: "unavailable" })),
    { kind: "cookie", outcome: "found", session_ref: "ref-ada", user_id: "ada" },
    { kind: "cookie", outcome: "session_revoked" },
  ]);
});

it("clears the cache, and takes a token before the credential that was found earlier", async () => {
  await findAnd(ada);
  lookup.clear();
  await findAnd(ada);
  expect(first.asked).toHaveLength(2);

  const known = lookup.locate({ headers: { second: "old" } });
  expect(lookup.locate({ headers: { second: "old" }, known })).toBe(known);
  void lookup.find({ headers: { second: "new" }, token: "new", known });
  void lookup.find({ headers: { second: "new" }, known });
  expect(second.asked.map(({ credential }) => credential.value)).toEqual(["new", "old"]);
});

describe("an answer", () => {
  it("is used again for cacheMs, a refusal too", async () => {
    await findAnd(ada);
    clock.advance(cacheMs - 1);
    expect((await lookup.find(carrier)).session).toEqual(ada);
    expect(first.asked).toHaveLength(1);
    clock.advance(1);
    await findAnd("session_invalid").catch(() => {});
    expect(await codeOf(lookup.find(carrier))).toBe("session_invalid");
    expect(first.asked).toHaveLength(2);
  });

  it("is asked for once, however many look-ups wait for it", async () => {
    const waiting = Array.from({ length: 100 }, () => lookup.find(carrier));
    expect(first.asked).toHaveLength(1);
    first.asked[0]?.answer(ada);
    expect(new Set((await Promise.all(waiting)).map(({ session }) => session))).toEqual(new Set([ada]));
  });

  it("belongs to one credential: an equal text of another source or kind is looked up separately", async () => {
    await findAnd(ada);
    const other = lookup.find({ headers: { second: "cookie-of-ada" } });
    second.asked[0]?.answer({ ...ada, userId: "bob" });
    expect((await other).session.userId).toBe("bob");
  });

  it("does not outlive its session, which may have been prolonged meanwhile", async () => {
    const session = { ...ada, expiresAt: clock.now() + 1000 };
    await findAnd(session);
    clock.advance(999);
    expect((await lookup.find(carrier)).session).toEqual(session);
    expect(first.asked).toHaveLength(1);
    clock.advance(1);
    expect(await codeOf(findAnd(session))).toBe("session_expired");
    const prolonged = { ...session, expiresAt: clock.now() + 60_000 };
    expect(await findAnd(prolonged)).toEqual(prolonged);
  });

  it("is not kept when the cache is off", async () => {
    lookup = createSessionLookup({ log, sources: [first], health, clock, cacheMs: 0, timeoutMs });
    await findAnd(ada);
    await findAnd(ada);
    expect(first.asked).toHaveLength(2);
  });
});

describe("invalidate", () => {
  it.each([{ ref: "ref-ada" }, { userId: "ada" }])("forgets what %o names", async (change) => {
    await findAnd(ada);
    lookup.invalidate(change);
    expect(await codeOf(findAnd("session_revoked"))).toBe("session_revoked");
  });

  it("keeps the sessions of others", async () => {
    await findAnd(ada);
    lookup.invalidate({ ref: "ref-bob", userId: "bob" });
    await lookup.find(carrier);
    expect(first.asked).toHaveLength(1);
  });

  it("forgets refusals, so that a user who has signed in since is admitted", async () => {
    await codeOf(findAnd("session_missing"));
    lookup.invalidate({ ref: "ref-ada" });
    expect(await findAnd(ada)).toEqual(ada);
  });

  it("an answer that was on its way is not kept: it may have been read before the logout", async () => {
    const early = lookup.find(carrier);
    lookup.invalidate({ ref: "ref-ada" });
    first.asked[0]?.answer(ada);
    await early;
    const late = codeOf(lookup.find(carrier));
    expect(first.asked).toHaveLength(2);
    first.asked[1]?.answer("session_revoked");
    expect(await late).toBe("session_revoked");
  });
});

/** The credential of these headers, which must exist. */
function located(headers: Record<string, string>): SessionHandle {
  const handle = lookup.locate({ headers });
  if (handle === undefined) throw new Error("The headers carry no credential.");
  return handle;
}

describe("fresh", () => {
  it("asks the source whatever the cache holds, and caches what it finds", async () => {
    await findAnd(ada);
    const { handle } = await lookup.find(carrier);
    const fresh = lookup.fresh(handle);
    first.asked[1]?.answer("session_revoked");
    expect(await fresh).toBe("session_revoked");
    expect(await codeOf(lookup.find(carrier))).toBe("session_revoked");
    expect(first.asked).toHaveLength(2);
  });

  it("does not use the answer to an earlier look-up, and is not overwritten by its late answer", async () => {
    const early = lookup.find(carrier);
    const fresh = lookup.fresh(located(carrier.headers));
    first.asked[1]?.answer("session_revoked");
    expect(await fresh).toBe("session_revoked");
    first.asked[0]?.answer(ada);
    await early;
    expect(await codeOf(lookup.find(carrier))).toBe("session_revoked");
  });

  it("says when a session has expired, where its source does not look at the time", async () => {
    const fresh = lookup.fresh(located({ first: "x" }));
    first.asked[0]?.answer({ ...ada, expiresAt: clock.now() });
    expect(await fresh).toBe("session_expired");
  });
});

describe("a credential that was found before", () => {
  it("is used where its headers are missing, in the order of the sources", () => {
    const cookie = lookup.locate(carrier);
    expect(lookup.locate({ headers: {}, known: cookie })).toBe(cookie);
    expect(lookup.locate({ headers: { second: "a-token" }, known: cookie })).toBe(cookie);
    const bearer = lookup.locate({ headers: { second: "a-token" } });
    expect(lookup.locate({ ...carrier, known: bearer })?.key).toBe(cookie?.key);
  });
});

describe("the key of a credential", () => {
  it("is the same for the same credential, another for another, and empty for none", () => {
    const mine = lookup.locate({ headers: carrier.headers })?.key;
    expect(lookup.locate({ headers: { ...carrier.headers, "user-agent": "other" } })?.key).toBe(mine);
    expect(lookup.locate({ headers: { first: "cookie-of-bob" } })?.key).not.toBe(mine);
    expect(lookup.locate({ headers: { second: "cookie-of-ada" } })?.key).not.toBe(mine);
    expect(lookup.locate({ headers: {} })).toBeUndefined();
  });

  it("does not contain the credential", () => {
    expect(lookup.locate({ headers: { first: "tell-tale" } })?.key).not.toContain("tell-tale");
  });
});
