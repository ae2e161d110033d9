import { Agent, get } from "node:http";
import { cookieName, origin, sessionOf } from "../peers/users.ts";
import type { UserRange } from "./commands.ts";

/** Reads the CSRF token of each user, one after the other over one connection. */
export async function readTokens(port: number, { from, count }: UserRange): Promise<ReadonlyMap<number, string>> {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const tokens = new Map<number, string>();
  for (let user = from; user < from + count; user += 1) tokens.set(user, await readToken(port, user, agent));
  agent.destroy();
  return tokens;
}

async function readToken(port: number, user: number, agent: Agent): Promise<string> {
  const headers = { Origin: origin, Cookie: `${cookieName}=${sessionOf(user)}` };
  const text = await new Promise<string>((resolve, reject) => {
    const request = get({ port, host: "127.0.0.1", path: "/realtime/client-config", headers, agent }, (response) => {
      let body = "";
      response.setEncoding("utf8");
      response.on("data", (chunk: string) => {
        body += chunk;
      });
      response.on("end", () => resolve(body));
    });
    request.on("error", reject);
  });
  const { csrf } = JSON.parse(text) as { csrf?: string };
  if (csrf === undefined) throw new Error(`User ${user} was given no token: ${text}`);
  return csrf;
}
