/** Hostile cases, C: room membership, against every way to gain or keep it. */
import { contract, type TaskSnapshot } from "@signalbox/protocol";
import { describe, expect, it } from "vitest";
import { createMemoryStore } from "../../src/store/memory.ts";
import { transports } from "../../src/testing/index.ts";
import { createLatch } from "../latch.ts";
import { type Scene, setScene } from "./scene.ts";

const newTask = (owner_id: string) => ({ kind: "t", title: "T", owner_id });

const membersOf = ({ server }: Scene, room: string): number =>
  server.realtime.io.of("/").adapter.rooms.get(room)?.size ?? 0;

describe.each(transports)("over %s", (transport) => {
  it("a task that is deleted while joined is left within a second, and a new task with its id is a different one", async () => {
    const scene = await setScene();
    const { progress } = scene.server.realtime;
    const client = await scene.client(transport);
    const { task_id } = await progress.create(newTask("mallory"));
    await client.request("join_task", { task_id });
    expect(membersOf(scene, `task:${task_id}`)).toBe(1);
    await progress.report(task_id, { status: "running", percent: 10 });
    await progress.remove(task_id);
    await expect.poll(() => membersOf(scene, `task:${task_id}`)).toBe(0);
    await progress.create({ ...newTask("ada"), task_id });
    await progress.report(task_id, { status: "running", percent: 50 });
    await progress.complete(task_id, { secret: "of ada" });
    expect((await client.request("get_task_status", { task_id })).error.code).toBe("task_not_found");
    expect(client.received("progress_update").every((task) => (task as TaskSnapshot).owner_id === "mallory")).toBe(
      true,
    );
    expect(client.received("task_completed")).toEqual([]);
    await scene.expectUnharmed({ task_denied: 1 });
  });

  it("a task that is handed over to another user while joined is left within a second; an administrator stays", async () => {
    const scene = await setScene();
    const { progress } = scene.server.realtime;
    const before = await scene.client(transport);
    const admin = await scene.client(transport, "root", "/", "admin");
    const { task_id } = await progress.create(newTask("mallory"));
    for (const client of [before, admin]) await client.request("join_task", { task_id });
    await progress.report(task_id, { owner_id: "ada" });
    await expect.poll(() => membersOf(scene, `task:${task_id}`)).toBe(1);
    const now = await scene.client(transport, "ada");
    expect(await now.request("join_task", { task_id })).toMatchObject({ ok: true, task: { owner_id: "ada" } });
    await progress.complete(task_id, { secret: "of ada" });
    for (const client of [now, admin]) expect(await client.next("task_completed")).toMatchObject({ task_id });
    expect((await before.request("join_task", { task_id })).error.code).toBe("task_not_found");
    expect([...before.received("progress_update"), ...before.received("task_completed")]).toEqual([]);
    await scene.expectUnharmed({ admin_action: 1, task_denied: 1 });
  });

  it("a task that is deleted, or given away, while it is being joined is not joined", async () => {
    const gate = createLatch();
    const store = createMemoryStore();
    const put: typeof store.securityEvents.put = async (events) => {
      if (events.some(({ type }) => type === "admin_action")) await gate.pass();
      await store.securityEvents.put(events);
    };
    const scene = await setScene({ store: { ...store, securityEvents: { ...store.securityEvents, put } } });
    const { progress, io } = scene.server.realtime;
    const admin = await scene.client(transport, "root", "/", "admin");
    const deleted = await progress.create(newTask("ada"));
    const joining = admin.request("join_task", { task_id: deleted.task_id });
    await gate.reached;
    await progress.remove(deleted.task_id);
    gate.open();
    expect((await joining).error.code).toBe("task_not_found");
    expect(membersOf(scene, `task:${deleted.task_id}`)).toBe(0);

    const client = await scene.client(transport);
    const given = await progress.create(newTask("mallory"));
    io.of("/").adapter.once("join-room", () => void progress.report(given.task_id, { owner_id: "ada" }));
    await client.request("join_task", { task_id: given.task_id });
    await expect.poll(() => progress.peek(given.task_id)?.owner_id).toBe("ada");
    expect(membersOf(scene, `task:${given.task_id}`)).toBe(0);
    await scene.expectUnharmed({ admin_action: 1, task_denied: expect.any(Number) });
  });

  it("an administrator may join the task of any user, and each join is recorded", async () => {
    const scene = await setScene();
    const { progress } = scene.server.realtime;
    const admin = await scene.client(transport, "root", "/", "admin");
    const tasks = [await progress.create(newTask("ada")), await progress.create(newTask("bob"))];
    for (const { task_id } of tasks) expect(await admin.request("join_task", { task_id })).toMatchObject({ ok: true });
    await progress.complete(tasks[0]?.task_id ?? "");
    expect(await admin.next("task_completed")).toMatchObject({ owner_id: "ada" });
    await scene.expectUnharmed({ admin_action: 2 });
  });

  it("a client that disconnects while it joins leaves no membership behind", async () => {
    const gate = createLatch();
    const scene = await setScene({
      roomAccess: async () => {
        await gate.pass();
        return true;
      },
    });
    const wire = await scene.wire(transport);
    const staying = await scene.wire(transport);
    for (const each of [wire, staying]) each.send('421["join_room",{"room_id":"open"}]');
    await gate.reached;
    wire.send("41");
    await expect.poll(() => membersOf(scene, "user:mallory")).toBe(1);
    gate.open();
    expect(await staying.next("431[")).toContain('"ok":true');
    expect(membersOf(scene, "open")).toBe(1);
    staying.send("1");
    staying.terminate();
    await expect.poll(() => membersOf(scene, "open")).toBe(0);
    await scene.expectUnharmed({});
  });

  it("of a thousand rooms a socket gets as many as SIGNALBOX_MAX_ROOMS_PER_SOCKET says, and is closed for going on", async () => {
    const scene = await setScene({ env: { SOCKETIO_RATE_LIMITING: "false" }, roomAccess: () => true });
    const wire = await scene.wire(transport);
    const joins = Array.from({ length: 1000 }, (_, n) => `42${n}["join_room",{"room_id":"room-${n}"}]`);
    wire.send(...joins.slice(0, 130));
    await wire.next("43129[");
    const answers = wire.frames.filter((packet) => /^43\d+\[/.test(packet));
    const joined = answers.filter((answer) => answer.includes('"ok":true')).length;
    const rooms = [...scene.server.realtime.io.of("/").adapter.rooms.keys()].filter((room) => room.startsWith("room-"));
    expect(rooms).toHaveLength(joined);
    // The rooms of the socket, of its user and of all users count as well.
    expect(joined).toBe(scene.server.config.maxRoomsPerSocket - 2);
    expect(answers.filter((answer) => answer.includes('"code":"rate_limited"'))).toHaveLength(130 - joined);
    wire.send(...joins.slice(130));
    await expect.poll(wire.isOpen).toBe(false);
    await expect.poll(() => membersOf(scene, "room-0")).toBe(0);
    await scene.expectUnharmed({ rate_limited: expect.any(Number) });
  });

  it("the same join a thousand times is one membership, and one leave ends it", async () => {
    const scene = await setScene({ env: { SOCKETIO_RATE_LIMITING: "false" }, roomAccess: () => true });
    const wire = await scene.wire(transport);
    for (let sent = 0; sent < 1000; sent += 25) {
      wire.send(...Array.from({ length: 25 }, (_, n) => `42${sent + n}["join_room",{"room_id":"open"}]`));
      expect(await wire.next(`43${sent + 24}[`)).toContain('"ok":true');
    }
    expect(wire.frames.filter((packet) => packet.includes('"ok":true'))).toHaveLength(1000);
    expect(membersOf(scene, "open")).toBe(1);
    scene.server.realtime.io.to("open").emit("news", 1);
    await wire.next('42["news",1]');
    expect(wire.frames.filter((packet) => packet === '42["news",1]')).toHaveLength(1);
    wire.send('425000["leave_room",{"room_id":"open"}]');
    await wire.next("435000[");
    expect(membersOf(scene, "open")).toBe(0);
    await scene.expectUnharmed({});
  });

  it("a server event is `event_unknown` when a client sends it, and no client receives it", async () => {
    const scene = await setScene();
    const victim = await scene.client(transport, "victim");
    const wire = await scene.wire(transport);
    const { task_id } = await scene.server.realtime.progress.create(newTask("victim"));
    await victim.request("join_task", { task_id });
    const requests: readonly string[] = [...contract["/"].clientEvents, ...contract["/"].legacyClientEvents];
    const events = [
      ...contract["/"].serverEvents,
      ...contract["/admin"].serverEvents,
      "notification",
      "disconnect_user",
    ];
    const names = [...new Set(events)].filter((name) => !requests.includes(name));
    const heard: string[] = [];
    victim.socket.onAny((name: string) => heard.push(name));
    wire.send(...names.map((name, id) => `42${id}["${name}",{"task_id":"${task_id}","version":9e15}]`));
    for (const id of names.keys()) expect(await wire.next(`43${id}[`)).toContain('"code":"event_unknown"');
    await victim.request("check_connection");
    expect(heard).toEqual([]);
    await scene.expectUnharmed({ event_unknown: names.length });
  });

  it("a `since` that is no version is `payload_invalid`, and one of the future gets the snapshot", async () => {
    const scene = await setScene();
    const { task_id, version } = await scene.server.realtime.progress.create(newTask("mallory"));
    const wire = await scene.wire(transport);
    const join = (id: number, since: string | number): string =>
      `42${id}["join_task",{"task_id":"${task_id}","since":${since}}]`;
    const odd = [-1, 0.5, "null", '"1e9"', '"1"', "9007199254740993", "1e999", "-1e999", "[]", "{}", "true"];
    wire.send(...odd.map((since, id) => join(id, since)));
    for (const id of odd.keys()) expect(await wire.next(`43${id}[`)).toContain('"code":"payload_invalid"');
    expect(membersOf(scene, `task:${task_id}`)).toBe(0);
    wire.send(
      join(100, 0),
      join(101, "-0"),
      join(102, Number.MAX_SAFE_INTEGER),
      join(103, version + 1),
      join(104, "1e9"),
    );
    for (const id of [100, 101, 102, 103, 104]) expect(await wire.next(`43${id}[`)).toContain(`"version":${version}`);
    wire.send(join(105, version));
    expect(await wire.next("43105[")).toBe('43105[{"ok":true}]');
    expect(membersOf(scene, `task:${task_id}`)).toBe(1);
    await scene.expectUnharmed({ payload_invalid: odd.length });
    // NaN does not exist in JSON, so this is not a valid packet.
    wire.send(join(106, "NaN"));
    await expect.poll(wire.isOpen).toBe(false);
    await scene.expectUnharmed({ payload_invalid: odd.length + 1 });
  });
});
