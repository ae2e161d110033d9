/** Failed attempts at passwords: limited per account and address, and written to the security log. */
import type { SecurityEvent } from "@signalbox/protocol";
import { connectClient } from "@signalbox/server/testing";
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from "vitest";
import { createAttemptLimits } from "../../server/accounts/attempt-limits.ts";
import { administrator, type RunningWorkbench, runWorkbench, signIn, signUp } from "../fixture.ts";

// Passwords are hashed slowly on purpose, and slower on a busy machine.
vi.setConfig({ testTimeout: 120_000, hookTimeout: 60_000 });

let workbench: RunningWorkbench;

beforeEach(async () => {
  workbench = await runWorkbench({ TRUST_PROXY: "loopback" });
});
afterEach(() => workbench?.remove());

interface Guess {
  readonly email: string;
  readonly password?: string;
  readonly from?: string;
  readonly cookie?: string;
}

const guess = ({ email, password = "a wrong guess", from = "192.0.2.1", cookie }: Guess): Promise<Response> =>
  fetch(`${workbench.url}/api/auth/sign-in/email`, {
    method: "POST",
    headers: {
      ...{ origin: workbench.url, "content-type": "application/json", "x-forwarded-for": from },
      ...(cookie !== undefined && { cookie }),
    },
    body: JSON.stringify({ email, password }),
  });

async function securityLog(): Promise<SecurityEvent[]> {
  const { cookie } = await signIn(workbench.url, administrator);
  const admin = await connectClient(workbench.url, { cookie, namespace: "/admin" });
  onTestFinished(() => admin.close());
  return (await admin.request("list_security_events", { type: "sign_in_failed" })).rows;
}

describe("wrong passwords", () => {
  it("for one account are refused after ten with 429, from whatever address and in whatever spelling", async () => {
    const { email } = await signUp(workbench.url);
    const statuses: number[] = [];
    for (let index = 0; index < 12; index += 1) {
      const spelling = index % 2 === 0 ? email : email.toUpperCase();
      statuses.push((await guess({ email: spelling, from: `198.51.100.${index}` })).status);
    }
    expect(statuses).toEqual([...Array(10).fill(401), 429, 429]);
    const refused = await guess({ email, password: "correct horse", from: "198.51.100.99" });
    expect(refused.headers.get("retry-after")).toMatch(/^\d+$/);
    expect(await refused.json()).toMatchObject({
      code: "TOO_MANY_ATTEMPTS",
      message: expect.stringMatching(/minutes/),
    });
  });

  it("are refused in the same way for an account that does not exist", async () => {
    const { email } = await signUp(workbench.url);
    for (const each of [email, "missing@example.com"]) {
      const answers = [];
      for (let index = 0; index < 11; index += 1)
        answers.push(await guess({ email: each, from: `198.51.100.${index}` }));
      expect(answers.map(({ status }) => status)).toEqual([...Array(10).fill(401), 429]);
      expect(await answers[0]?.json()).toMatchObject({ code: "INVALID_EMAIL_OR_PASSWORD" });
    }
  });

  it("count while they are being checked: of 30 at the same time ten are", async () => {
    const { email } = await signUp(workbench.url);
    const answers = await Promise.all(Array.from({ length: 30 }, () => guess({ email })));
    expect(answers.filter(({ status }) => status === 401)).toHaveLength(10);
  });

  it("of strangers do not lock the owner out of a browser that was used before", async () => {
    const { email, cookie } = await signUp(workbench.url);
    for (let index = 0; index < 11; index += 1) await guess({ email });
    expect((await guess({ email, password: "correct horse", cookie })).status).toBe(200);
  });

  it("are not forgotten for a request that is only malformed", async () => {
    const { email } = await signUp(workbench.url);
    for (let index = 0; index < 9; index += 1) await guess({ email });
    expect((await guess({ email, password: "x".repeat(1000) })).status).toBe(400);
    expect((await guess({ email })).status).toBe(429);
  });

  it("from one address are refused after fifty, whatever the accounts", async () => {
    // Too long to be hashed, which would take a minute.
    const password = "x".repeat(200);
    const statuses: number[] = [];
    for (let index = 0; index < 51; index += 1) {
      statuses.push((await guess({ email: `person-${index}@example.org`, password })).status);
    }
    expect(statuses).toEqual([...Array(50).fill(400), 429]);
  });

  it("of one's own, asked for when it is changed, are limited by the session and not by what the body names", async () => {
    const person = await signUp(workbench.url);
    const statuses: number[] = [];
    for (let index = 0; index < 11; index += 1) {
      const body = {
        email: `other-${index}@example.org`,
        currentPassword: "a wrong guess",
        newPassword: "another horse",
      };
      statuses.push((await person.post("/api/auth/change-password", body)).status);
    }
    expect(statuses).toEqual([...Array(10).fill(400), 429]);
  });

  it("are in the security log, folded, with the account where there is one, and without the address", async () => {
    const { email, userId } = await signUp(workbench.url);
    for (let index = 0; index < 5; index += 1) await guess({ email });
    await guess({ email: "missing@example.com", from: "192.0.2.2" });
    await expect
      .poll(async () => (await securityLog()).map(({ ip, user_id, code }) => [ip, user_id, code]))
      .toEqual([
        ["192.0.2.2", undefined, "invalid_email_or_password"],
        ["192.0.2.1", userId, "invalid_email_or_password"],
      ]);
    expect(JSON.stringify(await securityLog())).not.toContain("@example.com");
  });
});

describe("the limits of attempts", () => {
  it("end after a quarter of an hour", () => {
    let now = 0;
    const limits = createAttemptLimits(() => now);
    const attempt = { account: "ada", address: "192.0.2.1" };
    for (let index = 0; index < 10; index += 1) expect(limits.begin(attempt)).toBeUndefined();
    expect(limits.begin(attempt)).toBe(900);
    now = 900_000;
    expect(limits.begin(attempt)).toBeUndefined();
  });

  it("of an account start afresh with a success, those of its address do not", () => {
    const limits = createAttemptLimits(() => 0);
    const attempt = (account: string) => ({ account, address: "192.0.2.1" });
    for (let index = 0; index < 49; index += 1) expect(limits.begin(attempt(`person-${index}`))).toBeUndefined();
    limits.begin(attempt("ada"));
    limits.succeed(attempt("ada"));
    expect(limits.begin(attempt("ada"))).toBeUndefined();
    expect(limits.begin(attempt("eve"))).toBe(900);
  });
});
