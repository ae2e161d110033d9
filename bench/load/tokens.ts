import { get } from "node:http";
import { addressOf, cookieName, origin, sessionOf } from "../peers/users.ts";
import type { UserRange } from "./commands.ts";
import { Refused } from "./crowd.ts";

/** Reads the CSRF token of each user, one after the other. */
export async function readTokens(port: number, { from, count }: UserRange): Promise<ReadonlyMap<number, string>> {
  const tokens = new Map<number, string>();
  for (let user = from; user < from + count; user += 1) tokens.set(user, await readToken(port, user));
  return tokens;
}

/**
 * Reads the CSRF token of one user.
 * @throws Refused when the server answers anything else; Error when it does not answer
 */
export async function readToken(port: number, user: number): Promise<string> {
  const headers = { Origin: origin, Cookie: `${cookieName}=${sessionOf(user)}` };
  const path = "/realtime/client-config";
  const text = await new Promise<string>((resolve, reject) => {
    const from = { localAddress: addressOf(user), agent: false } as const;
    const request = get({ ...{ port, host: "127.0.0.1", path, headers }, ...from }, (response) => {
      let body = "";
      response.setEncoding("utf8");
      response.on("data", (chunk: string) => {
        body += chunk;
      });
      response.on("error", reject);
      response.on("end", () => resolve(body));
    });
    request.on("error", reject);
  });
  const { csrf } = JSON.parse(text) as { csrf?: string };
  if (csrf === undefined) throw new Refused(`User ${user} was given no token: ${text}`);
  return csrf;
}
