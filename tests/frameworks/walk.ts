import { expect } from "vitest";
import { type Clients, createClients } from "../../packages/client/src/index.ts";
import { transports } from "../../packages/server/src/testing/index.ts";

const cookieOf = (answer: Response): string =>
  answer.headers
    .getSetCookie()
    .map((line) => line.split(";")[0])
    .join("; ");

/**
 * Uses an application as one of its users, over a real socket on each transport: signs in, starts a task, follows it to
 * its end, and signs out. Every application in this folder has the same four routes.
 */
export async function walk(url: string): Promise<void> {
  for (const transport of transports) {
    const cookie = await signIn(url);
    const headers = { origin: url, cookie };
    const clients = createClients({ url, share: false, headers });
    try {
      const { csrf } = await (await fetch(`${url}/realtime/client-config`, { headers })).json();
      const refused = await fetch(`${url}/tasks`, { method: "POST", headers });
      expect(refused.status, "a request without a CSRF token").toBe(403);
      const answer = await fetch(`${url}/tasks`, { method: "POST", headers: { ...headers, "x-csrf-token": csrf } });
      expect(answer.status, await answer.clone().text()).toBe(202);
      const { task_id } = await answer.json();
      for await (const { task } of clients.user().tasks.watch(task_id)) if (task?.status === "completed") break;
      expect(await fetch(`${url}/sign-out`, { method: "POST", headers })).toMatchObject({ ok: true });
      await signedOut(clients);
    } finally {
      clients.close();
    }
    expect(transport).toBeDefined();
  }
}

async function signIn(url: string): Promise<string> {
  const body = JSON.stringify({ username: "ada", password: "correct horse" });
  const headers = { origin: url, "content-type": "application/json" };
  const answer = await fetch(`${url}/sign-in`, { method: "POST", headers, body });
  expect(answer.ok, await answer.clone().text()).toBe(true);
  return cookieOf(answer);
}

/** A live connection learns of the end of its session by itself. */
const signedOut = (clients: Clients): Promise<void> =>
  expect.poll(() => clients.state.get().status, { timeout: 30_000 }).toBe("auth_required");
