import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type ConnectionEvent, type ConnectionState, initialState, nextState } from "../../src/connection-state.ts";
import { type DiagnosisCode, diagnose, diagnoses } from "../../src/diagnosis.ts";

const codes = Object.keys(diagnoses) as DiagnosisCode[];

const run = (...events: ConnectionEvent[]): ConnectionState =>
  events.reduce((state, event, index) => nextState(state, event, index + 1), initialState(0));

const established: ConnectionEvent = { type: "established", transport: "websocket" };
const failed = (code: DiagnosisCode, retryAt: number | null = null): ConnectionEvent => ({
  type: "failed",
  diagnosis: diagnose(code),
  retryAt,
});

const anyEvent: fc.Arbitrary<ConnectionEvent> = fc.oneof(
  fc
    .constantFrom(
      "requested",
      "attempt",
      "page_suspended",
      "page_resumed",
      "network_back",
      "session_changed",
      "closed_by_application",
    )
    .map((type) => ({ type }) as ConnectionEvent),
  fc
    .constantFrom("polling" as const, "websocket" as const)
    .map((transport) => ({ type: "established", transport }) as const),
  fc
    .record({ code: fc.constantFrom(...codes), retryAt: fc.option(fc.nat()) })
    .map(({ code, retryAt }) => failed(code, retryAt)),
);

describe("the state of a connection", () => {
  it("is connecting until the first success, and reconnecting after it", () => {
    expect(run({ type: "requested" }, { type: "attempt" })).toMatchObject({ status: "connecting", attempt: 1 });
    expect(run({ type: "requested" }, { type: "attempt" }, established)).toMatchObject({
      status: "connected",
      attempt: 0,
    });
    const again = run({ type: "requested" }, established, failed("connection_lost", 9), { type: "attempt" });
    expect(again).toMatchObject({ status: "reconnecting", attempt: 1, transport: null });
  });

  it.each([
    ["network_offline", null, "offline"],
    ["not_signed_in", null, "auth_required"],
    ["session_ended", null, "auth_required"],
    ["forbidden", null, "refused"],
    ["origin_refused", null, "refused"],
    ["server_down", 500, "reconnecting"],
    ["server_restarting", 500, "reconnecting"],
    ["server_down", null, "closed"],
  ] as const)("after %s with the next attempt at %s is %s", (code, retryAt, status) => {
    expect(run({ type: "requested" }, failed(code, retryAt))).toMatchObject({ status, nextAttemptAt: retryAt });
  });

  it("says that no attempts are left, and keeps the diagnosis", () => {
    const state = run({ type: "requested" }, failed("server_down"));
    expect(state).toMatchObject({ code: "attempts_exhausted", diagnosis: { code: "server_down" } });
  });

  it("stays connected, and says why, when it has to do without WebSocket", () => {
    const blocked = diagnose("transport_blocked");
    const state = run(established, { type: "transport_changed", transport: "polling", diagnosis: blocked });
    expect(state).toMatchObject({
      status: "connected",
      transport: "polling",
      diagnosis: { code: "transport_blocked" },
    });
  });

  it("begins idle, without a diagnosis", () => {
    expect(initialState(7)).toMatchObject({
      ...{ status: "idle", code: "created", diagnosis: null, transport: null },
      ...{ attempt: 0, nextAttemptAt: null, since: 7 },
    });
  });

  it.each([
    ["page_suspended", "suspended"],
    ["page_resumed", "reconnecting"],
    ["network_back", "reconnecting"],
    ["session_changed", "reconnecting"],
    ["closed_by_application", "closed"],
    ["requested", "connecting"],
    ["attempt", "reconnecting"],
  ] as const)("on %s after a failure is %s, with nothing planned", (type, status) => {
    const state = run({ type: "requested" }, { type: "attempt" }, failed("server_down", 9), { type });
    expect(state).toMatchObject({ status, code: type, nextAttemptAt: null, transport: null });
  });

  it.each(["page_resumed", "network_back", "session_changed", "closed_by_application", "requested"] as const)(
    "forgets on %s what was wrong",
    (type) => {
      expect(run({ type: "requested" }, failed("server_down", 9), { type }).diagnosis).toBe(null);
    },
  );

  it("keeps on an attempt, and while the page is suspended, what was wrong and how often it tried", () => {
    const before: ConnectionEvent[] = [{ type: "requested" }, { type: "attempt" }, failed("server_down", 9)];
    expect(run(...before, { type: "attempt" })).toMatchObject({ attempt: 2, diagnosis: { code: "server_down" } });
    expect(run(...before, { type: "page_suspended" }).diagnosis).toMatchObject({ code: "server_down" });
    expect(run(...before, { type: "requested" }).attempt).toBe(0);
  });

  it("is connecting with the first attempt also where none was asked for", () => {
    expect(run({ type: "attempt" })).toMatchObject({ status: "connecting", attempt: 1 });
  });

  it("has the transport of a new connection, and no diagnosis", () => {
    expect(run(failed("server_down", 9), established)).toMatchObject({ transport: "websocket", diagnosis: null });
  });

  it("is not touched by a change of the transport while it is not connected", () => {
    const before = run({ type: "requested" });
    const event: ConnectionEvent = { type: "transport_changed", transport: "polling", diagnosis: null };
    expect(nextState(before, event, 99)).toBe(before);
  });

  it("keeps the same object for an event that changes nothing once it is closed", () => {
    const closed = run({ type: "requested" }, { type: "closed_by_application" });
    expect(nextState(closed, failed("server_down", 9), 99)).toBe(closed);
  });

  it("is left by a request once it is closed, and enters each status at the time of its event", () => {
    const closed = run({ type: "requested" }, established, { type: "closed_by_application" });
    expect(closed).toMatchObject({ status: "closed", since: 3 });
    expect(nextState(closed, { type: "requested" }, 4)).toMatchObject({ status: "connecting", since: 4 });
    expect(run({ type: "requested" }, established).since).toBe(2);
  });

  it("says with the diagnosis why it failed", () => {
    const state = run({ type: "requested" }, failed("server_down", 9));
    expect(state).toMatchObject({ code: "server_down", reason: diagnoses.server_down.message, transport: null });
  });

  it("keeps the time at which a status was entered", () => {
    const state = run({ type: "requested" }, failed("server_down", 10), failed("server_down", 20), { type: "attempt" });
    expect(state.since).toBe(2);
  });

  it("is left by nothing but a request once it is closed", () => {
    fc.assert(
      fc.property(anyEvent, (event) => {
        const closed = run({ type: "requested" }, { type: "closed_by_application" });
        const after = nextState(closed, event, 99);
        expect(after.status === "closed" || event.type === "requested").toBe(true);
      }),
    );
  });

  it("always has a code and a reason, plans attempts only while it waits, and has a transport only while connected", () => {
    fc.assert(
      fc.property(fc.array(anyEvent, { maxLength: 30 }), (events) => {
        const state = run(...events);
        expect(state.code).not.toBe("");
        expect(state.reason).toMatch(/\.$/);
        if (state.nextAttemptAt !== null)
          expect(["reconnecting", "offline", "auth_required", "refused"]).toContain(state.status);
        if (state.transport !== null) expect(state.status).toBe("connected");
      }),
    );
  });
});
