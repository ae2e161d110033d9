/** A workbench of its own for each test file: a free port, a temporary folder, real everything. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import sharp from "sharp";
import { freePort } from "../../../scripts/services/free-port.ts";
import { startWorkbench, type Workbench } from "../server/create-workbench.ts";

export const administrator = { email: "admin@example.com", password: "an administrator" };

export interface RunningWorkbench extends Workbench {
  readonly environment: Record<string, string>;
  remove(): Promise<void>;
}

export async function temporaryEnvironment(more: Record<string, string> = {}): Promise<Record<string, string>> {
  return {
    NODE_ENV: "test",
    HOST: "127.0.0.1",
    PORT: String(await freePort()),
    DATA_DIR: await mkdtemp(join(tmpdir(), "workbench-")),
    ADMIN_EMAIL: administrator.email,
    ADMIN_PASSWORD: administrator.password,
    SOCKETIO_LOG_LEVEL: "silent",
    ...more,
  };
}

/** What production demands to be set, for people who come to this machine by http. */
export async function productionSettings(): Promise<Record<string, string>> {
  const port = await freePort();
  return {
    NODE_ENV: "production",
    PORT: String(port),
    PUBLIC_URL: `http://127.0.0.1:${port}`,
    SIGNALBOX_SECRET: "0123456789abcdef0123456789abcdef",
  };
}

export async function runWorkbench(more: Record<string, string> = {}): Promise<RunningWorkbench> {
  const environment = await temporaryEnvironment(more);
  const workbench = await startWorkbench(environment);
  return {
    ...workbench,
    environment,
    async remove() {
      await workbench.close();
      await rm(environment.DATA_DIR ?? "", { recursive: true, force: true });
    },
  };
}

/** A person at the HTTP interface: cookies and CSRF token are kept as a browser would. */
export interface Person {
  readonly userId: string;
  readonly email: string;
  readonly cookie: string;
  fetch(path: string, init?: RequestInit): Promise<Response>;
  /** Posts JSON. */
  post(path: string, body: unknown): Promise<Response>;
  /** Starts a task from files, or a practice task from its input. */
  start(work: File[] | object): Promise<Response>;
}

let people = 0;

export async function signUp(url: string, name?: string): Promise<Person> {
  people += 1;
  const account = {
    name: name ?? `Person ${people}`,
    email: `person-${people}@example.com`,
    password: "correct horse",
  };
  return enter(url, "/api/auth/sign-up/email", account);
}

export const signIn = (url: string, account: { email: string; password: string }): Promise<Person> =>
  enter(url, "/api/auth/sign-in/email", account);

async function enter(url: string, path: string, account: { email: string }): Promise<Person> {
  const response = await fetch(url + path, {
    method: "POST",
    headers: { origin: url, "content-type": "application/json", connection: "close" },
    body: JSON.stringify(account),
  });
  if (!response.ok) throw new Error(`${path} answered ${response.status}: ${await response.text()}`);
  const cookie = response.headers
    .getSetCookie()
    .map((each) => each.split(";", 1)[0])
    .join("; ");
  // A connection that is kept may be closed by the server in the moment of its next use.
  const headers = { origin: url, cookie, connection: "close" };
  const config = await (await fetch(`${url}/realtime/client-config`, { headers })).json();
  const { csrf, user } = config as { csrf: string; user: { user_id: string } };

  const send = (target: string, init: RequestInit = {}): Promise<Response> =>
    fetch(url + target, { ...init, headers: { ...headers, "x-csrf-token": csrf, ...init.headers } });
  const post = (target: string, body: unknown): Promise<Response> =>
    send(target, { method: "POST", body: JSON.stringify(body), headers: { "content-type": "application/json" } });
  return {
    userId: user.user_id,
    email: account.email,
    cookie,
    fetch: send,
    post,
    start(work) {
      if (!Array.isArray(work)) return post("/api/tasks", { kind: "practice", input: work });
      const form = new FormData();
      for (const file of work) form.append("images", file);
      return send("/api/tasks", { method: "POST", body: form });
    },
  };
}

/** A photograph-like image: noise does not compress to nothing, so that there is something to do. */
export async function makeImage(name: string, width = 640, height = 480): Promise<File> {
  const noise = { type: "gaussian" as const, mean: 128, sigma: 40 };
  const image = sharp({ create: { width, height, channels: 3, background: "#888", noise } });
  const extension = name.split(".").at(-1);
  const bytes = extension === "png" ? await image.png().toBuffer() : await image.jpeg({ quality: 80 }).toBuffer();
  return new File([new Uint8Array(bytes)], name, { type: `image/${extension === "png" ? "png" : "jpeg"}` });
}
