import { isFinal, type TaskSnapshot } from "@signalbox/protocol";
import { connectClient, type TestClient, transports } from "@signalbox/server/testing";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import {
  administrator,
  type Person,
  productionSettings,
  type RunningWorkbench,
  runWorkbench,
  signIn,
  signUp,
} from "../fixture.ts";

let workbench: RunningWorkbench;
let ada: Person;
let eve: Person;

beforeAll(async () => {
  workbench = await runWorkbench();
  [ada, eve] = await Promise.all([signUp(workbench.url), signUp(workbench.url)]);
});
afterAll(() => workbench?.remove());

async function start(person: Person, input: object): Promise<string> {
  const response = await person.start(input);
  expect(response.status).toBe(201);
  const { task_id, ...rest } = (await response.json()) as { task_id: string };
  expect(rest).toEqual({});
  return task_id;
}

async function connect(person: Person, transport = transports[1]): Promise<TestClient> {
  const client = await connectClient(workbench.url, { cookie: person.cookie, ...(transport && { transport }) });
  onTestFinished(() => client.close());
  return client;
}

const finalEvents = ["task_completed", "task_error", "task_cancelled"] as const;

/** Watches a task to its end: everything received, in order, and how often it ended. */
async function watch(client: TestClient, taskId: string, ending: (typeof finalEvents)[number]) {
  const seen: TaskSnapshot[] = [];
  client.socket.on("progress_update", (task: TaskSnapshot) => seen.push(task));
  const { task } = await client.request("join_task", { task_id: taskId });
  const last = isFinal(task.status) ? task : await client.next<TaskSnapshot>(ending);
  // Whatever was sent after the end would come before this answer.
  await client.request("get_task_status", { task_id: taskId });
  const others = finalEvents.flatMap((event) => client.received(event));
  return { first: task as TaskSnapshot, seen, last, others };
}

const read = async (person: Person, path: string): Promise<{ task: TaskSnapshot; tasks: TaskSnapshot[] }> =>
  (await person.fetch(path)).json();

const long = { steps: 1000, step_ms: 20 };

describe.each(transports)("a practice task over %s", (transport) => {
  it("reports its progress, each time with a higher version, up to one final event", async () => {
    const client = await connect(ada, transport);
    const taskId = await start(ada, { steps: 8, step_ms: 40 });
    const { first, seen, last, others } = await watch(client, taskId, "task_completed");
    expect(first).toMatchObject({ task_id: taskId, kind: "practice", owner_id: ada.userId });
    expect(last).toMatchObject({ status: "completed", percent: 100, current: 8, total: 8, result: { steps: 8 } });
    expect(others).toEqual([]);
    const all = [first, ...seen, last];
    expect(seen.length).toBeGreaterThan(0);
    for (const [index, task] of all.entries()) {
      const before = all[index - 1];
      expect(task.version).toBeGreaterThan(before?.version ?? 0);
      expect(task.percent ?? 0).toBeGreaterThanOrEqual(before?.percent ?? 0);
    }
  });

  it("fails at the step it was asked to, once, and says why", async () => {
    const client = await connect(ada, transport);
    const taskId = await start(ada, { steps: 5, step_ms: 20, fail_at: 3 });
    const { last, others } = await watch(client, taskId, "task_error");
    expect(last).toMatchObject({
      ...{ status: "failed", current: 2 },
      error: { code: "practice_failed", message: "Failed at step 3, as asked." },
    });
    expect(others).toEqual([]);
    expect((await read(ada, `/api/tasks/${taskId}`)).task).toEqual(last);
  });

  it("is cancelled over the socket, ends once, and stays ended", async () => {
    const client = await connect(ada, transport);
    const taskId = await start(ada, long);
    await client.request("join_task", { task_id: taskId });
    await client.next("progress_update");
    const cancelled = client.next<TaskSnapshot>("task_cancelled");
    expect(await client.request("cancel_task", { task_id: taskId })).toMatchObject({ ok: true });
    const last = await cancelled;
    expect(last.status).toBe("cancelled");
    expect(await client.request("cancel_task", { task_id: taskId })).toMatchObject({
      error: { code: "task_finished" },
    });
    expect(finalEvents.flatMap((event) => client.received(event))).toEqual([]);
    expect((await read(ada, `/api/tasks/${taskId}`)).task).toEqual(last);
  });
});

describe("over HTTP", () => {
  it("a task is cancelled, running or still waiting for its turn", async () => {
    const client = await connect(ada);
    // One more than run at a time.
    const ids = [await start(ada, long), await start(ada, long), await start(ada, long)];
    for (const id of ids) await client.request("join_task", { task_id: id });
    expect((await read(ada, `/api/tasks/${ids[2]}`)).task.status).toBe("queued");
    for (const id of ids.reverse()) {
      const response = await ada.post(`/api/tasks/${id}/cancel`, {});
      expect(response.status).toBe(200);
      expect(await client.next("task_cancelled")).toMatchObject({ task_id: id, status: "cancelled" });
      const again = await ada.post(`/api/tasks/${id}/cancel`, {});
      expect(again.status).toBe(409);
      expect(await again.json()).toMatchObject({ error: { code: "task_finished", category: "request" } });
    }
  });

  it("a person's tasks are listed, newest first, without those of other people", async () => {
    const bea = await signUp(workbench.url);
    expect(await read(bea, "/api/tasks")).toEqual({ tasks: [] });
    const ids = [await start(bea, { steps: 1, step_ms: 1 }), await start(bea, { steps: 1, step_ms: 1 })];
    const { tasks } = await read(bea, "/api/tasks");
    expect(tasks.map(({ owner_id }) => owner_id)).toEqual([bea.userId, bea.userId]);
    expect(new Set(tasks.map(({ task_id }) => task_id))).toEqual(new Set(ids));
    const times = tasks.map(({ created_at }) => created_at);
    expect(times).toEqual(times.toSorted().reverse());
  });

  it("another person's task answers exactly as one that does not exist; an administrator sees it", async () => {
    const taskId = await start(ada, long);
    const root = await signIn(workbench.url, administrator);
    const client = await connect(eve);
    const ask = async (id: string) => {
      const answers = await Promise.all([
        eve.fetch(`/api/tasks/${id}`),
        eve.post(`/api/tasks/${id}/cancel`, {}),
        eve.fetch(`/api/tasks/${id}/results`),
        eve.fetch(`/api/tasks/${id}/results.zip`),
        eve.fetch(`/api/tasks/${id}/results/000.avif`),
        eve.fetch(`/realtime/tasks/${id}`),
      ]);
      const bodies = await Promise.all(answers.map(async (each) => [each.status, await each.json()]));
      const overSocket = ["join_task", "cancel_task", "get_task_status"].map((event) =>
        client.request(event, { task_id: id }),
      );
      return [...bodies, ...(await Promise.all(overSocket))];
    };
    const [theirs, missing] = [await ask(taskId), await ask("00000000-0000-4000-8000-000000000000")];
    expect(theirs).toEqual(missing);
    expect(theirs[0]).toMatchObject([404, { error: { code: "task_not_found" } }]);
    expect((await read(root, `/api/tasks/${taskId}`)).task.status).toBe("running");
    expect((await root.post(`/api/tasks/${taskId}/cancel`, {})).status).toBe(200);
  });

  it("a person has at most ten unfinished tasks, however fast they ask for more", async () => {
    const bea = await signUp(workbench.url);
    const answers = await Promise.all(Array.from({ length: 14 }, () => bea.start(long)));
    expect(answers.map(({ status }) => status).toSorted()).toEqual([...Array(10).fill(201), ...Array(4).fill(429)]);
    const refused = answers.find(({ status }) => status === 429);
    expect(await refused?.json()).toMatchObject({ error: { code: "too_many_tasks", category: "request" } });
    const { tasks } = await read(bea, "/api/tasks");
    await Promise.all(tasks.map(({ task_id }) => bea.post(`/api/tasks/${task_id}/cancel`, {})));
    await start(bea, { steps: 1, step_ms: 1 });
  });
});

describe("refused, with nothing begun, is", () => {
  const body = JSON.stringify({ kind: "practice", input: { steps: 1, step_ms: 1 } });
  const json = { "content-type": "application/json" };
  const send = (headers: Record<string, string>, text = body): Promise<Response> =>
    fetch(`${workbench.url}/api/tasks`, { method: "POST", body: text, headers: { ...json, ...headers } });

  it("a visitor who is not signed in, with 401", async () => {
    const answers = [
      await send({ origin: workbench.url }),
      await send({ origin: workbench.url, cookie: "better-auth.session_token=made.up" }),
      await fetch(`${workbench.url}/api/tasks`),
      await fetch(`${workbench.url}/api/tasks/any`),
    ];
    expect(answers.map(({ status }) => status)).toEqual([401, 401, 401, 401]);
    expect(await answers[0]?.json()).toMatchObject({ error: { code: "session_missing", category: "auth" } });
  });

  it("a change without the CSRF token, with an old one or with another person's, with 403", async () => {
    const { csrf } = await (await eve.fetch("/realtime/client-config")).json();
    for (const token of [undefined, "", "nonsense", csrf]) {
      const headers = {
        origin: workbench.url,
        cookie: ada.cookie,
        ...(token !== undefined && { "x-csrf-token": token }),
      };
      const response = await send(headers);
      expect(response.status).toBe(403);
      expect(await response.json()).toMatchObject({ error: { code: "csrf_invalid", category: "auth" } });
    }
  });

  it("a foreign origin, or none on a change, with 403 even when everything else is right", async () => {
    const { csrf } = await (await ada.fetch("/realtime/client-config")).json();
    const right = { cookie: ada.cookie, "x-csrf-token": csrf };
    for (const origin of [{ origin: "https://evil.example" }, { origin: "null" }, {}]) {
      const response = await send({ ...right, ...origin });
      expect(response.status).toBe(403);
      expect(await response.json()).toMatchObject({ error: { code: "origin_refused", category: "origin" } });
    }
    expect((await ada.fetch("/api/tasks", { headers: { origin: "https://evil.example" } })).status).toBe(403);
  });

  it("an unknown kind or a bad input, with 400", async () => {
    const before = (await read(eve, "/api/tasks")).tasks.length;
    const inputs = [{}, { steps: 0, step_ms: 1 }, { steps: 1001, step_ms: 1 }, { steps: 1.5, step_ms: 1 }];
    const bodies = [
      ...inputs.map((input) => ({ kind: "practice", input })),
      ...[null, [], "text", 5, {}].map((input) => ({ kind: "practice", input })),
      { kind: "practice", input: { steps: 1, step_ms: 60_001 } },
      { kind: "practice", input: { steps: 1, step_ms: 1, fail_at: "1" } },
      ...[{ kind: "nonsense", input: {} }, { kind: "__proto__" }, { kind: "batch", input: {} }, {}, [], null, "text"],
    ];
    for (const each of bodies) {
      const response = await eve.post("/api/tasks", each);
      expect([each, response.status]).toEqual([each, 400]);
      const { error } = await response.json();
      expect(error).toMatchObject({ code: "payload_invalid", category: "request", message: expect.any(String) });
    }
    for (const text of ["", "{", '{"__proto__":{}}', "\0"]) {
      const response = await eve.fetch("/api/tasks", { method: "POST", body: text, headers: json });
      expect([text, response.status, (await response.json()).error.code]).toEqual([text, 400, "payload_invalid"]);
    }
    const tooLarge = await eve.fetch("/api/tasks", { method: "POST", body: " ".repeat(1_000_001), headers: json });
    expect([tooLarge.status, (await tooLarge.json()).error.code]).toEqual([413, "payload_too_large"]);
    const form = await eve.fetch("/api/tasks", { method: "POST", body: new URLSearchParams({ kind: "practice" }) });
    expect([form.status, (await form.json()).error.category]).toEqual([415, "request"]);
    expect((await read(eve, "/api/tasks")).tasks.length).toBe(before);
  });

  it("a practice task in production, with 400", async () => {
    const production = await runWorkbench(await productionSettings());
    onTestFinished(() => production.remove());
    const bea = await signUp(production.url);
    const response = await bea.start({ steps: 1, step_ms: 1 });
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ error: { code: "task_kind_unknown", category: "request" } });
    expect(await read(bea, "/api/tasks")).toEqual({ tasks: [] });
  });
});
