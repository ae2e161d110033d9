import { describe, expect, it } from "vitest";
import type { ConnectionState, ConnectionStatus } from "../../src/connection-state.ts";
import { type DiagnosisCode, diagnose, diagnoses } from "../../src/diagnosis.ts";
import { type StatusText, statusText } from "../../src/status/status-text.ts";
import { en } from "../../src/status/texts/en.ts";
import { after, failed, statesOf } from "./states.ts";

const now = Date.UTC(2026, 0, 1);
const codes = Object.keys(diagnoses) as DiagnosisCode[];
const tell = (state: ConnectionState, at = now): StatusText => statusText(state, en, at);

describe("every status", () => {
  const expected: Record<ConnectionStatus, Omit<StatusText, "countdownSeconds">> = {
    idle: { headline: "Not connected", detail: "", tone: "neutral", actions: [] },
    connecting: { headline: "Connecting…", detail: "", tone: "waiting", actions: [] },
    connected: { headline: "Connected", detail: "", tone: "ok", actions: [] },
    reconnecting: {
      headline: "Reconnecting…",
      detail: diagnoses.server_down.message,
      tone: "waiting",
      actions: ["retry"],
    },
    suspended: {
      headline: "Paused",
      detail: "This page is asleep. We reconnect when you return to it.",
      tone: "neutral",
      actions: [],
    },
    offline: {
      headline: "No network connection",
      detail: diagnoses.network_offline.message,
      tone: "waiting",
      actions: ["retry"],
    },
    auth_required: {
      headline: "Not signed in",
      detail: diagnoses.session_ended.message,
      tone: "problem",
      actions: ["sign_in"],
    },
    refused: { headline: "No access", detail: diagnoses.origin_refused.message, tone: "problem", actions: ["retry"] },
    // Here the attempts are exhausted; a test below covers an application that closed the connection.
    closed: {
      headline: "Disconnected",
      detail: "We have stopped trying. You can try again at any time.",
      tone: "problem",
      actions: ["retry"],
    },
  };

  it.each(Object.entries(statesOf(now)))("%s", (status, state) => {
    expect(state.status).toBe(status);
    expect(tell(state)).toMatchObject(expected[state.status]);
  });
});

describe("every code", () => {
  it.each(codes)("%s says its sentence", (code) => {
    const retryAt = diagnose(code).retry === "session_change" || diagnose(code).retry === "never" ? null : now + 5000;
    const { detail, headline } = tell(after(now, { type: "requested" }, { type: "attempt" }, failed(code, retryAt)));
    expect(detail).toBe(diagnoses[code].message);
    expect(headline).not.toBe("");
  });

  it("says the diagnosis of a connection that works all the same", () => {
    const state = after(
      now,
      { type: "requested" },
      { type: "attempt" },
      { type: "established", transport: "polling" },
      { type: "transport_changed", transport: "polling", diagnosis: diagnose("transport_blocked") },
    );
    expect(tell(state)).toMatchObject({ tone: "ok", detail: diagnoses.transport_blocked.message, actions: [] });
  });

  it("falls back on the diagnosis's own sentence where a table lacks the code", () => {
    const { server_down: _, ...others } = en.diagnoses;
    const texts = { ...en, diagnoses: others as typeof en.diagnoses };
    expect(statusText(statesOf(now).reconnecting, texts, now).detail).toBe(diagnoses.server_down.message);
  });
});

describe("a cause that is overcome", () => {
  it.each([
    ["not_signed_in", { type: "session_changed" }],
    ["forbidden", { type: "session_changed" }],
    ["network_offline", { type: "network_back" }],
  ] as const)("%s is not repeated while reconnecting", (code, event) => {
    const state = after(now, failed(code, null), event);
    expect(tell(state)).toMatchObject({ headline: "Reconnecting…", detail: "", actions: ["retry"] });
    expect(tell(after(now, failed(code, null), event, { type: "attempt" })).detail).toBe("");
  });

  it("is still shown during an attempt to overcome it", () => {
    const state = after(now, failed("server_down", now + 1), { type: "attempt" });
    expect(tell(state).detail).toBe(diagnoses.server_down.message);
  });

  it("is not shown for a page that sleeps", () => {
    expect(tell(after(now, failed("server_down", now + 1), { type: "page_suspended" })).detail).toMatch(/asleep/);
  });
});

describe("what can be done", () => {
  it("offers another account where the role is not enough", () => {
    expect(tell(after(now, failed("forbidden", null))).actions).toEqual(["sign_in", "retry"]);
  });

  it("offers no retry that would make a rate limit worse", () => {
    expect(tell(after(now, failed("rate_limited", now + 9000))).actions).toEqual([]);
  });

  it("offers nothing against the application's own decision", () => {
    const state = after(now, { type: "requested" }, { type: "closed_by_application" });
    expect(tell(state)).toMatchObject({
      headline: "Disconnected",
      detail: "This page has closed the connection.",
      tone: "neutral",
      actions: [],
    });
  });
});

describe("the countdown", () => {
  const at = (remaining: number) => tell(statesOf(now).reconnecting, now + 12_000 - remaining).countdownSeconds;

  it("counts whole seconds, the last one until its end, and never below zero", () => {
    expect([12_000, 11_001, 11_000, 1000, 1, 0, -5000].map(at)).toEqual([12, 12, 11, 1, 1, 0, 0]);
  });

  it("is null where no attempt is planned", () => {
    expect(tell(statesOf(now).connected).countdownSeconds).toBeNull();
    expect(tell(statesOf(now).refused).countdownSeconds).toBeNull();
  });
});
