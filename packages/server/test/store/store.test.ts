/** The requirements on every store, run against each of them. */
import type { Page, PageRequest } from "@signalbox/protocol";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Store } from "../../src/core/ports.ts";
import { createMemoryStore } from "../../src/store/memory.ts";
import { kinds, setUpStores } from "./kinds.ts";
import { at, securityEvent, task } from "./samples.ts";

setUpStores();

describe.each(kinds)("the %s store", (_name, open) => {
  let store: Store;
  beforeEach(async () => {
    store = await open(100_000);
  });
  afterEach(() => store.close());

  /** All pages, one after the other; `between` runs after each. */
  async function readAll<Row>(
    list: (page: PageRequest) => Promise<Page<Row>>,
    limit: number,
    between?: () => Promise<void>,
  ): Promise<Row[]> {
    const rows: Row[] = [];
    let after: string | undefined;
    do {
      const page = await list({ limit, after });
      rows.push(...page.rows);
      after = page.next ?? undefined;
      await between?.();
    } while (after !== undefined);
    return rows;
  }

  const taskIds = async (filter: Parameters<Store["tasks"]["list"]>[0] = {}): Promise<string[]> =>
    (await store.tasks.list(filter)).rows.map(({ task_id }) => task_id);
  const eventIds = async (filter: Parameters<Store["securityEvents"]["list"]>[0] = {}): Promise<string[]> =>
    (await store.securityEvents.list(filter)).rows.map(({ id }) => id);

  describe("keeps tasks and", () => {
    it("gives back exactly what was put, result and error included", async () => {
      const completed = task("done", { status: "completed", version: 7, result: { files: ["ä.png", "\0", "🖼"] } });
      const failed = task("broken", {
        status: "failed",
        error: { code: "disk", message: "The disk's full; 'sorry'." },
      });
      await store.tasks.put(completed);
      await store.tasks.put(failed);
      expect(await store.tasks.get("done")).toEqual(completed);
      expect(await store.tasks.get("broken")).toEqual(failed);
    });
    it("knows nothing of a task that was never put", async () => {
      expect(await store.tasks.get("nobody")).toBeUndefined();
    });
    it("accepts no state after a final one, and returns the state that prevents it", async () => {
      const running = task("raced", { status: "running", version: 5 });
      const ended = task("raced", { status: "completed", version: 6, result: 1 });
      expect(await store.tasks.put(running)).toBeUndefined();
      expect(await store.tasks.put(task("raced", { status: "running", version: 4 }))).toEqual(running);
      expect(await store.tasks.put(ended)).toBeUndefined();
      expect(await store.tasks.put(task("raced", { status: "cancelled", version: 99 }))).toEqual(ended);
      expect(await store.tasks.get("raced")).toEqual(ended);
    });
    it("keeps one of two concurrent final states, and each caller learns which", async () => {
      const ends = (["completed", "cancelled"] as const).map((status, index) =>
        task("two", { status, version: 7 + index }),
      );
      await store.tasks.put(task("two", { status: "running", version: 1 }));
      const kept = await Promise.all(ends.map((end) => store.tasks.put(end)));
      const stored = await store.tasks.get("two");
      expect(ends).toContainEqual(stored);
      for (const [index, standing] of kept.entries())
        if (standing !== undefined) expect(standing).toEqual(stored);
        else expect(stored?.version).toBeGreaterThanOrEqual(ends[index]?.version ?? 0);
    });
    it("replaces a snapshot by a newer version only, in whatever order they come", async () => {
      await store.tasks.put(task("one", { version: 5, status: "running", percent: 50 }));
      await store.tasks.put(task("one", { version: 4, status: "queued", percent: 10 }));
      await store.tasks.put(task("one", { version: 5, status: "queued", percent: 11 }));
      expect(await store.tasks.get("one")).toMatchObject({ version: 5, status: "running", percent: 50 });
      await store.tasks.put(task("one", { version: 6, status: "completed", owner_id: "bob" }));
      expect(await store.tasks.get("one")).toMatchObject({ version: 6, status: "completed" });
      expect(await taskIds({ active: true })).toEqual([]);
      expect(await taskIds({ ownerId: "bob" })).toEqual(["one"]);
    });
    it("ends with the highest version when many are put at once", async () => {
      const versions = [3, 9, 1, 10, 2, 8];
      await Promise.all(versions.map((version) => store.tasks.put(task("race", { version }))));
      expect(await store.tasks.get("race")).toMatchObject({ version: 10 });
    });
    it("removes a task, and does not fail for a missing one", async () => {
      await store.tasks.put(task("gone", { version: 5 }));
      await store.tasks.put(task("kept"));
      await store.tasks.remove("gone");
      await store.tasks.remove("never there");
      expect(await store.tasks.get("gone")).toBeUndefined();
      expect(await taskIds()).toEqual(["kept"]);
      await store.tasks.put(task("gone", { version: 1 }));
      expect(await store.tasks.get("gone")).toMatchObject({ version: 1 });
    });
    it("hands out copies: changing one changes nothing that is stored", async () => {
      const original = task("mine", { result: { files: ["a"] } });
      await store.tasks.put(original);
      original.title = "changed after put";
      const read = await store.tasks.get("mine");
      if (read) Object.assign(read.result as object, { files: ["b"] });
      const [listed] = (await store.tasks.list({})).rows;
      if (listed) listed.title = "changed after list";
      expect(await store.tasks.get("mine")).toEqual(task("mine", { result: { files: ["a"] } }));
    });
    it("lists the newest first, and of one moment the highest id", async () => {
      await store.tasks.put(task("b", { created_at: at(1) }));
      await store.tasks.put(task("c", { created_at: at(2) }));
      await store.tasks.put(task("a", { created_at: at(1) }));
      expect(await taskIds()).toEqual(["c", "b", "a"]);
    });
    it("lists one owner's tasks, or only those that have not ended", async () => {
      await store.tasks.put(task("queued", { created_at: at(1) }));
      await store.tasks.put(task("running", { created_at: at(2), status: "running" }));
      for (const status of ["completed", "failed", "cancelled"] as const) {
        await store.tasks.put(task(status, { status, owner_id: "bob" }));
      }
      expect(await taskIds({ active: true })).toEqual(["running", "queued"]);
      expect(await taskIds({ ownerId: "bob", limit: 2 })).toHaveLength(2);
      expect((await store.tasks.list({ ownerId: "bob", limit: 2 })).total).toBe(3);
      expect(await taskIds({ ownerId: "bob", active: true })).toEqual([]);
    });
  });

  describe("pages", () => {
    it("show every row once, though several have the same time", async () => {
      const ids = Array.from({ length: 23 }, (_, index) => `task-${String(index).padStart(2, "0")}`);
      for (const [index, id] of ids.entries()) await store.tasks.put(task(id, { created_at: at(index % 4) }));
      const seen = await readAll((page) => store.tasks.list(page), 5);
      expect(seen.map(({ task_id }) => task_id).sort()).toEqual(ids);
    });
    it("neither repeat nor skip a row while others are added and changed", async () => {
      const before = Array.from({ length: 10 }, (_, index) => `old-${index}`);
      for (const [index, id] of before.entries()) await store.tasks.put(task(id, { created_at: at(index) }));
      let added = 0;
      const seen = await readAll(
        (page) => store.tasks.list(page),
        3,
        async () => {
          added += 1;
          await store.tasks.put(task(`new-${added}`, { created_at: at(100 + added) }));
          await store.tasks.put(task("old-4", { version: 1 + added, created_at: at(4) }));
        },
      );
      expect(seen.map(({ task_id }) => task_id)).toEqual([...before].reverse());
    });
    it("have no next page when they end with the last row", async () => {
      for (const id of ["a", "b"]) await store.tasks.put(task(id));
      expect(await store.tasks.list({ limit: 2 })).toMatchObject({ next: null, total: 2 });
      expect((await store.tasks.list({ limit: 1 })).next).toEqual(expect.any(String));
      expect(await store.tasks.list({ filter: "nothing has this" })).toEqual({ rows: [], next: null, total: 0 });
    });
    it("have 100 rows when nothing else is asked for, and never more than 500", async () => {
      await store.securityEvents.put(
        Array.from({ length: 501 }, (_, index) => securityEvent(String(index).padStart(4, "0"))),
      );
      expect(await eventIds()).toHaveLength(100);
      for (const limit of [501, 1e9, Number.POSITIVE_INFINITY]) expect(await eventIds({ limit })).toHaveLength(500);
      for (const limit of [-1, 0.5, Number.NaN]) expect((await eventIds({ limit })).length).toBeGreaterThan(0);
    });
    it.each(["", "x", "🙈", "bnVsbA", Buffer.from('["a"]').toString("base64url"), "' or 1=1 --"])(
      "begin at the start for %j, which is no cursor",
      async (after) => {
        await store.tasks.put(task("a"));
        expect(await taskIds({ after })).toEqual(["a"]);
      },
    );
  });

  describe("filters", () => {
    it("match in id, title, kind, owner and status of a task, without regard to case", async () => {
      await store.tasks.put(task("Pictures-1", { title: "Über Nacht", kind: "resize", owner_id: "grace" }));
      await store.tasks.put(task("other"));
      for (const filter of ["PICTURES-1", "über", "ÜBER NACHT", "Resize", "GRACE"]) {
        expect(await taskIds({ filter }), filter).toEqual(["Pictures-1"]);
      }
      expect(await taskIds({ filter: "QUEUED" })).toHaveLength(2);
      expect(await taskIds({ filter: "" })).toHaveLength(2);
    });
    it("match in detail, address, user, type and code of a security event", async () => {
      const found = { detail: "Was Refused", ip: "198.51.100.7", user_id: "Mallory", code: "session_expired" };
      await store.securityEvents.put([
        securityEvent("1", { ...found, type: "auth_failed" }),
        securityEvent("2", { ip: "192.0.2.2" }),
      ]);
      for (const filter of ["was refused", "198.51", "MALLORY", "AUTH_failed", "session_EXPIRED"]) {
        expect(await eventIds({ filter }), filter).toEqual(["1"]);
      }
    });
    it.each(["%", "_", "'", '"', "\\", "*", "[", "?", "''", "%' or '1'='1", "; drop table signalbox_task; --"])(
      "find %j as text, and nothing else",
      async (filter) => {
        await store.tasks.put(task("with", { title: `before ${filter} after` }));
        await store.tasks.put(task("without", { title: "plain" }));
        expect(await taskIds({ filter })).toEqual(["with"]);
      },
    );
    it("find text beside a NUL", async () => {
      await store.tasks.put(task("nul", { title: "before\0after" }));
      expect(await taskIds({ filter: "after" })).toEqual(["nul"]);
      expect(await taskIds({ filter: "AFT\0ER" })).toEqual(["nul"]);
    });
    it("are counted by the total, and hold on every page", async () => {
      for (let index = 0; index < 9; index += 1) {
        await store.tasks.put(task(`t${index}`, { title: index % 3 === 0 ? "red" : "blue", created_at: at(index) }));
      }
      expect((await store.tasks.list({ filter: "RED", limit: 2 })).total).toBe(3);
      const seen = await readAll((page) => store.tasks.list({ ...page, filter: "red" }), 2);
      expect(seen.map(({ task_id }) => task_id)).toEqual(["t6", "t3", "t0"]);
    });
  });

  describe("keeps the security log and", () => {
    it("lists the newest first, all or of one type", async () => {
      await store.securityEvents.put([
        securityEvent("a", { at: at(1) }),
        securityEvent("c", { at: at(3), type: "csrf_failed" }),
        securityEvent("b", { at: at(2) }),
      ]);
      expect(await eventIds()).toEqual(["c", "b", "a"]);
      expect(await store.securityEvents.list({ type: "csrf_failed" })).toMatchObject({ total: 1, rows: [{ id: "c" }] });
    });
    it("replaces a line when its count has grown, and only then", async () => {
      const countOf = async (): Promise<number | undefined> => (await store.securityEvents.list({})).rows[0]?.count;
      await store.securityEvents.put([securityEvent("a", { count: 5 })]);
      await store.securityEvents.put([securityEvent("a", { count: 3 })]);
      expect(await countOf()).toBe(5);
      await store.securityEvents.put([securityEvent("a", { count: 70_000 })]);
      expect(await store.securityEvents.list({})).toMatchObject({ total: 1, rows: [{ count: 70_000 }] });
    });
    it("accepts an empty list, and more events in one call than one statement can hold", async () => {
      await store.securityEvents.put([]);
      const many = Array.from({ length: 10_001 }, (_, index) => securityEvent(String(index).padStart(6, "0")));
      await store.securityEvents.put(many);
      expect((await store.securityEvents.list({})).total).toBe(many.length);
    });
    it("forgets the oldest lines beyond its bound", async () => {
      const small = await open(50);
      const events = Array.from({ length: 250 }, (_, index) =>
        securityEvent(String(index).padStart(4, "0"), { at: at(Math.floor(index / 3)) }),
      );
      await small.securityEvents.put(events);
      const { rows, total } = await small.securityEvents.list({ limit: 500 });
      expect(total).toBe(50);
      expect(rows.map(({ id }) => id)).toEqual(
        events
          .slice(200)
          .reverse()
          .map(({ id }) => id),
      );
      await small.close();
    });
  });

  it("answers a ping", async () => {
    await expect(store.ping()).resolves.toBeUndefined();
  });
});

describe("the memory store", () => {
  it("forgets beyond its bound what ended longest ago", async () => {
    const { tasks } = createMemoryStore({ maxTasks: 3 });
    await tasks.put(task("active"));
    await tasks.put(task("ended last"));
    await tasks.put(task("ended first", { status: "completed", version: 2 }));
    await tasks.put(task("ended last", { status: "failed", version: 2 }));
    await tasks.put(task("next"));
    expect(await tasks.get("ended first")).toBeUndefined();
    expect((await tasks.list({})).rows.map(({ task_id }) => task_id)).toEqual(["next", "ended last", "active"]);
  });
  it("forgets what changed longest ago when nothing has ended: the bound holds in any case", async () => {
    const { tasks } = createMemoryStore({ maxTasks: 2 });
    await tasks.put(task("a"));
    await tasks.put(task("b"));
    await tasks.put(task("a", { version: 2 }));
    await tasks.put(task("c"));
    expect((await tasks.list({})).rows.map(({ task_id }) => task_id)).toEqual(["c", "a"]);
  });
});
