/** Ids are checked before they reach a store: PostgreSQL rejects a text with NUL (fault A38). */
import { describe, expect, it, onTestFinished } from "vitest";
import { connectClient, rawRequest, sendRaw, startTestServer } from "../../src/testing/index.ts";
import { kinds, setUpStores } from "./kinds.ts";

setUpStores();

const impossible: readonly string[] = ["a\0b", "\0", "a\ud83d", "", "a b", "../x", "x".repeat(129)];

describe.each(kinds)("with a store in %s", (_kind, open) => {
  async function start() {
    const store = await open();
    const server = await startTestServer({ store });
    onTestFinished(async () => {
      await server.close();
      await store.close();
    });
    // Connections are refused as `unavailable` until the blocks of administrators have been read.
    await expect.poll(() => server.realtime.users.export("nobody").catch(() => undefined)).toBeDefined();
    return server;
  }

  it("the longest id that a session may have owns tasks, is notified and blocked", async () => {
    const server = await start();
    const longest = "ä".repeat(256);
    const { cookie } = server.sessions.signIn({ userId: longest });
    const { cookie: adminCookie } = server.sessions.signIn({ userId: "root", role: "admin" });
    const user = await connectClient(server.url, { cookie });
    const admin = await connectClient(server.url, { cookie: adminCookie, namespace: "/admin" });
    onTestFinished(() => {
      user.close();
      admin.close();
    });
    await server.realtime.progress.create({ kind: "k", title: "T", owner_id: longest });
    await server.realtime.notify.user(longest, { type: "news", title: "News" });
    expect(await user.next("notification")).toMatchObject({ title: "News" });
    expect((await server.realtime.progress.list({ ownerId: longest })).total).toBe(1);
    const block = { subject: "user", id: longest, seconds: 60, reason: "r" };
    expect(await admin.request("add_block", block)).toMatchObject({ ok: true });
  });

  it("an impossible task id names no task", async () => {
    const { progress } = (await start()).realtime;
    for (const id of impossible) {
      expect(await progress.get(id)).toBeUndefined();
      await expect(progress.report(id, { percent: 1 })).rejects.toMatchObject({ code: "task_not_found" });
      await progress.remove(id);
      if (id !== "")
        await expect(progress.create({ task_id: id, kind: "k", title: "T", owner_id: "ada" })).rejects.toThrow();
    }
    expect(await progress.get(42 as never)).toBeUndefined();
  });

  it("an owner id that is invalid has no tasks, and gets none", async () => {
    const { progress } = (await start()).realtime;
    const { task_id } = await progress.create({ kind: "k", title: "before\0after", owner_id: "ada" });
    for (const id of ["a\0b", "a\ud83d", "", "x".repeat(257)]) {
      expect(await progress.list({ ownerId: id })).toEqual({ rows: [], next: null, total: 0 });
      await expect(progress.create({ kind: "k", title: "T", owner_id: id })).rejects.toThrow("`owner_id`");
      await expect(progress.report(task_id, { owner_id: id })).rejects.toThrow("`owner_id`");
    }
    expect((await progress.list({ ownerId: "ada" })).total).toBe(1);
  });

  it("HTTP and sockets answer 404 and payload_invalid, and nothing is logged as an error", async () => {
    const server = await start();
    const { cookie } = server.sessions.signIn({ userId: "root", role: "admin" });
    for (const id of ["a%00b", "%00", "%ED%A0%80", "a%20b"]) {
      const { status } = await sendRaw(server.port, rawRequest("GET", `/realtime/tasks/${id}`, [["Cookie", cookie]]));
      expect(status).toBe(404);
    }
    const user = await connectClient(server.url, { cookie });
    const admin = await connectClient(server.url, { cookie, namespace: "/admin" });
    onTestFinished(() => {
      user.close();
      admin.close();
    });
    for (const id of ["a\0b", "a\ud83d"]) {
      const refused = [
        user.request("get_task_status", { task_id: id }),
        user.request("join_room", { room_id: id }),
        admin.request("cancel_task", { task_id: id }),
        admin.request("revoke_session", { session_ref: id }),
        admin.request("disconnect_user", { user_id: id, reason: "r" }),
        admin.request("add_block", { subject: "user", id, seconds: 60, reason: "r" }),
        admin.request("lift_block", { subject: "user", id }),
        admin.request("list_security_events", { user_id: id }),
        admin.request("admin_notification", {
          audience: { user_id: id },
          notification: { type: "news", title: "News" },
        }),
      ];
      const codes = (await Promise.all(refused)).map(({ error }) => error?.code);
      expect(codes).toEqual(refused.map(() => "payload_invalid"));
      for (const event of ["list_tasks", "list_security_events", "list_blocks", "list_rooms", "list_connections"]) {
        const after = Buffer.from(JSON.stringify(["2026", id])).toString("base64url");
        for (const page of [{ filter: id }, { after: id }, { after }]) {
          expect(await admin.request(event, page)).toMatchObject({ ok: true });
        }
      }
      expect(await admin.request("list_security_events", { ip: id })).toMatchObject({ ok: true });
      await expect(server.realtime.notify.user(id, { type: "news", title: "News" })).rejects.toMatchObject({
        code: "payload_invalid",
      });
    }
    expect(server.logged.filter(({ level }) => level === "error")).toEqual([]);
  });
});
