/** Requests that are sent slower than anything that works, over real sockets. */
import { connect } from "node:net";
import { fetchClientConfig, rawRequest } from "@signalbox/server/testing";
import { afterAll, beforeAll, expect, it, onTestFinished, vi } from "vitest";
import { type Person, type RunningWorkbench, runWorkbench, signUp } from "../fixture.ts";

// The limits are 10 s and 25 s; a busy machine is later.
vi.setConfig({ testTimeout: 120_000, hookTimeout: 60_000 });

let workbench: RunningWorkbench;
let ada: Person;
beforeAll(async () => {
  workbench = await runWorkbench();
  ada = await signUp(workbench.url);
});
afterAll(() => workbench?.remove());

/** Sends a start, and then a byte at a time. Resolves when the server has closed the connection. */
function trickle(start: string, rest: string): Promise<void> {
  const socket = connect(Number(workbench.environment.PORT), "127.0.0.1").on("error", () => {});
  const timer = setInterval(() => socket.write(rest), 500);
  onTestFinished(() => {
    clearInterval(timer);
    socket.destroy();
  });
  socket.write(start);
  socket.resume();
  return new Promise((resolve) => socket.once("close", () => resolve()));
}

it("the server closes connections whose head or body trickles, with and without a session", async () => {
  const { csrf } = await fetchClientConfig(workbench.url, { cookie: ada.cookie });
  const upload = rawRequest("POST", "/api/tasks", [
    ["Origin", workbench.url],
    ["Cookie", ada.cookie],
    ["X-CSRF-Token", csrf ?? ""],
    ["Content-Type", "multipart/form-data; boundary=b"],
    ["Content-Length", "1000000"],
  ]);
  const signIn = rawRequest("POST", "/api/auth/sign-in/email", [
    ["Origin", workbench.url],
    ["Content-Type", "application/json"],
    ["Transfer-Encoding", "chunked"],
  ]);
  await Promise.all([
    ...Array.from({ length: 50 }, () => trickle("GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Slow: ", "a")),
    trickle(upload, "a"),
    trickle(upload, ""),
    trickle(signIn, "1\r\na\r\n"),
  ]);
  // The others are served as ever.
  expect((await ada.fetch("/api/tasks")).status).toBe(200);
});
