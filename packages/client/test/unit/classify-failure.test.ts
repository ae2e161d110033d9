import { refusalCodes, refusals } from "@signalbox/protocol";
import { describe, expect, it } from "vitest";
import { classifyFailure, type Evidence } from "../../src/classify-failure.ts";
import { diagnoseRefusal } from "../../src/diagnosis.ts";

const refusal = (code: (typeof refusalCodes)[number]) => ({ code, category: refusals[code].category, message: "" });

describe("a failure is classified by what was observed:", () => {
  const cases: [string, Partial<Evidence>, string][] = [
    ["the server's own word comes first", { refusal: refusal("server_full"), online: false }, "server_full"],
    ["no network", { online: false, reachable: "none" }, "network_offline"],
    ["a certificate that Node refuses", { systemCode: "CERT_HAS_EXPIRED" }, "clock_or_certificate"],
    ["a system that reports nobody there", { systemCode: "ECONNREFUSED" }, "server_down"],
    ["a gateway without its server", { status: 502, transport: "polling" }, "server_down"],
    ["a proxy that wants a sign-in", { status: 511 }, "proxy_interference"],
    ["HTTP works and WebSocket does not", { configReadable: true, transport: "websocket" }, "transport_blocked"],
    [
      "the endpoint answers otherwise than it should",
      { configReadable: true, status: 404, transport: "polling" },
      "protocol_mismatch",
    ],
    [
      "WebSocket is swallowed and HTTP works",
      { configReadable: true, timedOut: true, transport: "websocket" },
      "transport_blocked",
    ],
    ["polling breaks off where HTTP works", { configReadable: true, transport: "polling" }, "unknown"],
    [
      "the endpoint does not answer at all",
      { configReadable: true, timedOut: true, transport: "polling" },
      "timed_out",
    ],
    ["HTML in place of JSON", { foreign: true }, "proxy_interference"],
    ["somebody else at the address", { reachable: "foreign" }, "proxy_interference"],
    ["the server is there, but this page may not read it", { reachable: "server" }, "origin_refused"],
    ["no server at the address", { reachable: "none" }, "server_down"],
    ["no answer in time", { timedOut: true, reachable: "none" }, "timed_out"],
    ["an error of the application in front", { status: 500, reachable: "server" }, "protocol_mismatch"],
    ["nothing known", {}, "unknown"],
    [
      "a token that the application has not got",
      { tokenFailed: true, systemCode: "ECONNREFUSED" },
      "token_unavailable",
    ],
    ...["CERT_X", "ERR_TLS_X", "DEPTH_ZERO_X", "SELF_SIGNED_X", "UNABLE_TO_X"].map(
      (systemCode): [string, Partial<Evidence>, string] => [systemCode, { systemCode }, "clock_or_certificate"],
    ),
    ["a code that only contains one of these names", { systemCode: "NO_CERT_X" }, "server_down"],
    ...[501, 505].map((status): [string, Partial<Evidence>, string] => [
      `a status of ${status}`,
      { status },
      "protocol_mismatch",
    ]),
    ...[503, 504].map((status): [string, Partial<Evidence>, string] => [
      `a status of ${status}`,
      { status },
      "server_down",
    ]),
    ["a proxy that asks who one is", { status: 407 }, "proxy_interference"],
    ["the status of another server where HTTP works", { configReadable: true, status: 404 }, "protocol_mismatch"],
  ];
  it.each(cases)("%s", (_title, evidence, code) => {
    expect(classifyFailure({ online: true, ...evidence }).code).toBe(code);
  });
});

describe("a refusal", () => {
  it("carries the server's time and word into the diagnosis", () => {
    const limited = { ...refusal("rate_limited"), retry_after_ms: 1234 };
    expect(diagnoseRefusal(limited)).toMatchObject({ code: "rate_limited", retryAfterMs: 1234, refusal: limited });
  });
  it.each(refusalCodes.filter((code) => ["origin", "auth", "limit"].includes(refusals[code].category)))(
    "of a connection is never unknown: %s",
    (code) => {
      const { code: diagnosed, retry } = diagnoseRefusal(refusal(code));
      expect(diagnosed).not.toBe("unknown");
      expect(retry).toBe(refusals[code].retry);
    },
  );
});
