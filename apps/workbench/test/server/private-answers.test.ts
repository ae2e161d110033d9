/** What a browser may keep of private answers, and what the server reads of requests without a session. */
import { connect } from "node:net";
import { rawRequest, sendRaw } from "@signalbox/server/testing";
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from "vitest";
import { makeImage, type Person, type RunningWorkbench, runWorkbench, signUp } from "../fixture.ts";

// A workbench is started; on a busy machine that takes its time.
vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

let workbench: RunningWorkbench;
let ada: Person;
let taskId: string;

beforeAll(async () => {
  workbench = await runWorkbench();
  ada = await signUp(workbench.url);
  taskId = (await (await ada.start([await makeImage("a.png", 16, 16)])).json()).task_id;
});
afterAll(() => workbench?.remove());

describe("a private answer", () => {
  it("is kept by no cache", async () => {
    const paths = [
      ...["/api/tasks", `/api/tasks/${taskId}`, `/api/tasks/${taskId}/results`, `/api/tasks/${taskId}/results.zip`],
      ...["/api/auth/get-session", "/api/auth/list-sessions", "/api/device", "/api/tasks/missing"],
    ];
    for (const path of paths) {
      const { headers } = await ada.fetch(path);
      expect([path, headers.get("cache-control")]).toEqual([path, expect.stringContaining("no-store")]);
    }
    const entered = await ada.post("/api/auth/sign-in/email", { email: ada.email, password: "correct horse" });
    expect(entered.headers.get("cache-control")).toContain("no-store");
  });

  it("that is a picture may be kept, and is asked for again with its tag; never after signing out", async () => {
    const person = await signUp(workbench.url);
    const { task_id } = await (await person.start([await makeImage("b.png", 16, 16)])).json();
    const results = async () => (await (await person.fetch(`/api/tasks/${task_id}/results`)).json()).results;
    await expect.poll(results).toHaveLength(1);
    const { url } = (await results())[0].outputs[0];
    const picture = await person.fetch(url);
    expect(picture.headers.get("cache-control")).toBe("private, no-cache");
    const etag = picture.headers.get("etag") ?? "";
    for (const sent of [etag, `W/${etag}`, `"other", ${etag}`]) {
      const again = await person.fetch(url, { headers: { "if-none-match": sent } });
      expect([again.status, await again.text(), again.headers.get("etag")]).toEqual([304, "", etag]);
    }
    expect((await person.fetch(url, { headers: { "if-none-match": '"other"' } })).status).toBe(200);
    await person.post("/api/auth/sign-out", {});
    expect((await person.fetch(url, { headers: { "if-none-match": etag } })).status).toBe(401);
  });
});

describe("a browser", () => {
  it("receives the reference of its own device, which is that of the notice about it", async () => {
    const signedIn = await fetch(`${workbench.url}/api/auth/sign-in/email`, {
      method: "POST",
      headers: { origin: workbench.url, "content-type": "application/json" },
      body: JSON.stringify({ email: ada.email, password: "correct horse" }),
    });
    const other = signedIn.headers
      .getSetCookie()
      .map((each) => each.split(";", 1)[0])
      .join("; ");
    const deviceOf = async (sent: string): Promise<string | null> =>
      (await (await fetch(`${workbench.url}/api/device`, { headers: { cookie: sent } })).json()).device;
    expect(await deviceOf("workbench_device=guess")).toBeNull();
    expect(await deviceOf(ada.cookie)).toMatch(/^[\w-]{16}$/);
    expect(await deviceOf(other)).not.toBe(await deviceOf(ada.cookie));
    const { notifications } = await (await ada.fetch("/realtime/notifications?after=0")).json();
    const notice = notifications.find(({ type }: { type: string }) => type === "new_device");
    expect(notice.data).toEqual({ device: await deviceOf(other) });
    expect(notice.body).not.toMatch(/change your password/);
  });
});

describe("a request without a session", () => {
  it("is answered before its body is read, and its connection is closed", async () => {
    for (const type of ["multipart/form-data; boundary=b", "application/json"]) {
      const socket = connect(Number(workbench.environment.PORT), "127.0.0.1").on("error", () => {});
      onTestFinished(() => void socket.destroy());
      const closed = new Promise((resolve) => socket.once("close", resolve));
      let answer = "";
      socket.setEncoding("utf8").on("data", (text) => {
        answer += text;
      });
      // Not one byte of the body is ever sent.
      socket.write(
        rawRequest("POST", "/api/tasks", [
          ["Origin", workbench.url],
          ["Content-Type", type],
          ["Content-Length", "500000"],
        ]),
      );
      await closed;
      expect(answer).toMatch(/^HTTP\/1.1 401 /);
      expect(answer).toMatch(/^connection: close\r$/im);
    }
  });

  it("to an account route with a large body is refused by its length", async () => {
    const head = rawRequest("POST", "/api/auth/sign-in/email", [
      ["Origin", workbench.url],
      ["Content-Type", "application/json"],
      ["Content-Length", "950000"],
    ]);
    expect((await sendRaw(Number(workbench.environment.PORT), head)).status).toBe(413);
  });
});
