import { noticeLimits } from "@signalbox/protocol";
import { connectClient } from "@signalbox/server/testing";
import { expect, onTestFinished, test } from "vitest";
import { checkNotice, emptyNotice, noticeOf, problemsOf } from "../../../browser/src/admin/notice-entry.ts";
import { runDashboard } from "./dashboard-fixture.ts";

const entry = { ...emptyNotice, title: " Maintenance ", body: "At <b>noon</b>." };

test("a notice is sent as it was typed, to the recipients that were chosen", async () => {
  const { server, section } = await runDashboard();
  await expect.poll(section.isOpen).toBe(true);
  const { cookie } = server.sessions.signIn({ userId: "ada" });
  const ada = await connectClient(server.url, { cookie });
  onTestFinished(() => ada.close());
  const expires = "2099-01-01T12:00";
  const whole = {
    ...entry,
    audience: "user",
    userId: "ada",
    link: "https://status.example/",
    expires,
    requiresAck: true,
  } as const;
  expect(checkNotice(whole)).toEqual({});
  await section.request("admin_notification", noticeOf(whole));
  expect(await ada.next("notification")).toMatchObject({
    ...{ title: "Maintenance", body: "At <b>noon</b>.", link: "https://status.example/" },
    ...{ requires_ack: true, expires_at: new Date(expires).toISOString(), priority: "normal" },
  });
  expect(noticeOf({ ...entry, audience: "role", role: "admin" }).audience).toEqual({ role: "admin" });
  expect(noticeOf({ ...entry, audience: "room", roomId: " lobby " }).audience).toEqual({ room_id: "lobby" });
  expect(noticeOf(entry).audience).toBe("everyone");
});

test.each([
  ["title", { title: "   " }],
  ["title", { title: "x".repeat(noticeLimits.title + 1) }],
  ["body", { body: "x".repeat(noticeLimits.body + 1) }],
  ["link", { link: "javascript:alert(1)" }],
  ["link", { link: "example.com" }],
  ["link", { link: `https://example.com/${"x".repeat(noticeLimits.link)}` }],
  ["expires", { expires: "2001-01-01T12:00" }],
  ["userId", { audience: "user" as const }],
  ["roomId", { audience: "room" as const }],
])("a bad %s is reported at its field: %j", (field, fields) => {
  expect(Object.keys(checkNotice({ ...entry, ...fields }))).toEqual([field]);
});

test("a refusal of the server is shown at the field that it names", async () => {
  const { section } = await runDashboard({ env: { NODE_ENV: "development" } });
  await expect.poll(section.isOpen).toBe(true);
  const refusalFor = async (fields: Partial<typeof emptyNotice>) => {
    try {
      await section.request("admin_notification", noticeOf({ ...entry, ...fields }));
      return {};
    } catch (error) {
      return problemsOf(error);
    }
  };
  expect(await refusalFor({ link: "javascript:alert(1)" })).toEqual({ link: expect.stringContaining("http") });
  expect(await refusalFor({ body: "x".repeat(2001) })).toEqual({ body: expect.stringContaining("2000") });
  expect(problemsOf(new Error("Gone."))).toEqual({ form: "Gone." });
});
