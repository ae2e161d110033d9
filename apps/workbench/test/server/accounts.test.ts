import { rm } from "node:fs/promises";
import {
  connectClient,
  fetchClientConfig,
  type RawHeaders,
  rawRequest,
  refusalOf,
  sendRaw,
  startStopwatch,
  type TestClient,
  transports,
} from "@signalbox/server/testing";
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from "vitest";
import { startWorkbench } from "../../server/create-workbench.ts";
import {
  administrator,
  type Person,
  productionSettings,
  type RunningWorkbench,
  runWorkbench,
  signIn,
  signUp,
  temporaryEnvironment,
} from "../fixture.ts";
import { startServer } from "../server-process.ts";

// Processes are started; on a busy machine that takes its time.
vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

let workbench: RunningWorkbench;
let root: Person;

beforeAll(async () => {
  workbench = await runWorkbench();
  root = await signIn(workbench.url, administrator);
});
afterAll(() => workbench?.remove());

const knock = (path: string, body: object): Promise<Response> =>
  fetch(`${workbench.url}/api/auth/${path}`, {
    method: "POST",
    headers: { origin: workbench.url, "content-type": "application/json" },
    body: JSON.stringify(body),
  });

const roleOf = async (person: Person): Promise<string | undefined> =>
  (await fetchClientConfig(workbench.url, { cookie: person.cookie })).user?.role;

describe("an account", () => {
  it("is made by signing up, and entered again by signing in", async () => {
    const { email, userId } = await signUp(workbench.url);
    const again = await signIn(workbench.url, { email, password: "correct horse" });
    expect(again.userId).toBe(userId);
    expect((await again.fetch("/api/tasks")).status).toBe(200);
  });

  it("is not entered with a wrong password, and one that does not exist is refused in the same words", async () => {
    const { email } = await signUp(workbench.url);
    const wrong = await knock("sign-in/email", { email, password: "wrong horse" });
    const missing = await knock("sign-in/email", { email: "nobody@example.com", password: "wrong horse" });
    expect([wrong.status, missing.status]).toEqual([401, 401]);
    expect(wrong.headers.getSetCookie()).toEqual([]);
    expect(await wrong.json()).toEqual(await missing.json());
  });

  it("is not made for an address that has one, an address that is none, or with a short password", async () => {
    const { email } = await signUp(workbench.url);
    const account = { name: "Eve", email, password: "correct horse" };
    const answers = await Promise.all([
      knock("sign-up/email", account),
      knock("sign-up/email", { ...account, email: "nonsense" }),
      knock("sign-up/email", { ...account, email: "eve@example.com", password: "short" }),
      knock("sign-up/email", { name: "Eve" }),
    ]);
    for (const answer of answers) {
      expect(answer.status).toBeGreaterThanOrEqual(400);
      expect(answer.status).toBeLessThan(500);
      expect(answer.headers.getSetCookie()).toEqual([]);
    }
  });

  it("is never an administrator's because the person asks for it", async () => {
    const account = { name: "Eve", email: "mallory@example.com", password: "correct horse" };
    expect((await knock("sign-up/email", { ...account, role: "admin" })).status).toBe(400);
    const person = await signUp(workbench.url);
    const attempts = await Promise.all([
      person.post("/api/auth/update-user", { name: "Eve", role: "admin" }),
      person.post("/api/auth/admin/set-role", { userId: person.userId, role: "admin" }),
      person.post("/api/auth/admin/create-user", { ...account, role: "admin" }),
    ]);
    for (const { status } of attempts) expect([400, 403]).toContain(status);
    expect(await roleOf(person)).toBe("user");
  });

  it("is left by signing out: the cookie opens nothing any more", async () => {
    const person = await signUp(workbench.url);
    expect((await person.post("/api/auth/sign-out", {})).status).toBe(200);
    const after = await person.fetch("/api/tasks");
    expect(after.status).toBe(401);
    expect(await after.json()).toMatchObject({ error: { code: "session_invalid", category: "auth" } });
    expect(await refusalOf(workbench.url, { cookie: person.cookie })).toMatchObject({ code: "session_invalid" });
  });
});

describe("in production", () => {
  let url: string;
  let port: number;
  beforeAll(async () => {
    const environment = await temporaryEnvironment({ ...(await productionSettings()), SOCKETIO_LOG_LEVEL: "info" });
    url = environment.PUBLIC_URL ?? "";
    port = Number(environment.PORT);
    const server = await startServer(environment);
    return async () => {
      await server.kill("SIGTERM");
      await rm(environment.DATA_DIR ?? "", { recursive: true });
    };
  });

  const guess = async (headers: RawHeaders, target = "/api/auth/sign-in/email"): Promise<number> => {
    const body = JSON.stringify({ email: administrator.email, password: "a guess at it" });
    const all: RawHeaders = [["Origin", url], ["Content-Type", "application/json"], ...headers];
    return (await sendRaw(port, rawRequest("POST", target, all, body))).status;
  };

  it("a foreign site can neither sign a visitor in nor out", async () => {
    const headers = { origin: "https://evil.example", "content-type": "application/json" };
    const body = JSON.stringify(administrator);
    const cookie = await signIn(url, administrator).then((person) => person.cookie);
    const signingIn = await fetch(`${url}/api/auth/sign-in/email`, { method: "POST", headers, body });
    const signingOut = await fetch(`${url}/api/auth/sign-out`, {
      ...{ method: "POST", body: "{}" },
      headers: { ...headers, cookie },
    });
    expect([signingIn.status, signingOut.status]).toEqual([403, 403]);
    expect((await fetchClientConfig(url, { cookie })).authenticated).toBe(true);
  });

  it("guessing passwords is limited per address, whatever address or path a request makes up", async () => {
    const statuses: number[] = [];
    for (let guesses = 0; guesses < 5; guesses += 1) statuses.push(await guess([]));
    expect(statuses.at(-1)).toBe(429);
    const madeUp = ["X-Forwarded-For", "X-Real-IP", "CF-Connecting-IP", "Forwarded", "X-Workbench-Client-Address"];
    for (const [index, name] of madeUp.entries()) expect(await guess([[name, `203.0.113.${index}`]])).toBe(429);
    const spellings = ["/", "?a=1", "//", "/../email", "/%2e"].map((end) => `/api/auth/sign-in/email${end}`);
    for (const target of [...spellings, "/api/auth//sign-in/email", `${url}/api/auth/sign-in/%65mail`]) {
      expect([400, 404, 429]).toContain(await guess([], target));
    }
  });
});

describe("the first administrator", () => {
  it("is made from ADMIN_EMAIL and ADMIN_PASSWORD, and its password is not printed", async () => {
    expect(workbench.administrator).toEqual({ email: administrator.email, password: null, passwordFile: null });
    expect(await roleOf(root)).toBe("admin");
  });

  it("is given a made-up password where none is set, which is printed at the first start only", async () => {
    const environment = await temporaryEnvironment({ ADMIN_PASSWORD: "" });
    onTestFinished(() => rm(environment.DATA_DIR ?? "", { recursive: true }));
    const first = await startWorkbench(environment);
    const { email, password } = first.administrator ?? {};
    expect(password).toMatch(/^[\w-]{16,}$/);
    await first.close();

    const second = await startWorkbench(environment);
    onTestFinished(() => second.close());
    expect(second.administrator).toBeNull();
    const person = await signIn(second.url, { email: email ?? "", password: password ?? "" });
    expect((await fetchClientConfig(second.url, { cookie: person.cookie })).user?.role).toBe("admin");
  });
});

describe.each(transports)("within a second, over %s,", (transport) => {
  const connect = async (person: Person, namespace = "/"): Promise<TestClient> => {
    const client = await connectClient(workbench.url, { cookie: person.cookie, transport, namespace });
    onTestFinished(() => client.close());
    await client.next("connection_established");
    return client;
  };
  const isAlive = async (client: TestClient): Promise<boolean> =>
    (await client.request("get_task_status", { task_id: "none" })).error.code === "task_not_found";

  /** Does it, and demands that each client receives the reason and is closed within a second of it. */
  async function expectEnd(act: () => Promise<Response>, clients: TestClient[], reason: string): Promise<void> {
    const elapsed = startStopwatch();
    const endings = clients.map((client) => client.next("session_ending"));
    const response = await act();
    expect(response.status).toBe(200);
    for (const ending of endings) expect(await ending).toMatchObject({ reason });
    for (const client of clients) await client.disconnected();
    expect(elapsed()).toBeLessThan(1000);
  }

  it("signing out closes that session's sockets in every tab; other sessions and people stay", async () => {
    const ada = await signUp(workbench.url);
    const phone = await signIn(workbench.url, { email: ada.email, password: "correct horse" });
    const tabs = [await connect(ada), await connect(ada)];
    const others = [await connect(phone), await connect(await signUp(workbench.url))];
    await expectEnd(() => ada.post("/api/auth/sign-out", {}), tabs, "signed_out");
    for (const other of others) expect(await isAlive(other)).toBe(true);
  });

  it("a ban closes all sockets of the person, who cannot come back until it is lifted; others stay", async () => {
    const ada = await signUp(workbench.url);
    const sockets = [await connect(ada), await connect(ada)];
    const other = await connect(await signUp(workbench.url));
    await expectEnd(() => root.post("/api/auth/admin/ban-user", { userId: ada.userId }), sockets, "banned");
    expect(await isAlive(other)).toBe(true);
    expect((await refusalOf(workbench.url, { cookie: ada.cookie, transport })).category).toBe("auth");
    await expect(signIn(workbench.url, { email: ada.email, password: "correct horse" })).rejects.toThrow("403");

    await root.post("/api/auth/admin/unban-user", { userId: ada.userId });
    await signIn(workbench.url, { email: ada.email, password: "correct horse" });
  });

  it("a demoted administrator loses /admin and keeps /; other administrators stay", async () => {
    const ada = await signUp(workbench.url);
    expect(await refusalOf(workbench.url, { cookie: ada.cookie, transport, namespace: "/admin" })).toMatchObject({
      code: "forbidden",
    });
    const setRole = (role: string) => root.post("/api/auth/admin/set-role", { userId: ada.userId, role });
    await setRole("admin");
    const [admin, user, other] = [await connect(ada, "/admin"), await connect(ada), await connect(root, "/admin")];
    await expectEnd(() => setRole("user"), [admin], "role_changed");
    expect(await isAlive(user)).toBe(true);
    expect(await other.request("list_connections", {})).toMatchObject({ ok: true });
    expect((await refusalOf(workbench.url, { cookie: ada.cookie, transport, namespace: "/admin" })).code).toBe(
      "forbidden",
    );
  });

  it("removing an account or revoking its sessions closes its sockets", async () => {
    const [ada, bea] = [await signUp(workbench.url), await signUp(workbench.url)];
    const [first, second] = [await connect(ada), await connect(bea)];
    const revoke = () => root.post("/api/auth/admin/revoke-user-sessions", { userId: ada.userId });
    await expectEnd(revoke, [first], "revoked");
    await expectEnd(() => root.post("/api/auth/admin/remove-user", { userId: bea.userId }), [second], "removed");
  });
});
