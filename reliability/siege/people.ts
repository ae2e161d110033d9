import { connectClient, type TestClient, type Transport } from "@signalbox/server/testing";
import { type Besieged, origin } from "./besieged.ts";
import { canary } from "./calls.ts";

/** An address for everybody, each in a /64 of its own, of the block for documentation (RFC 3849). */
export const addressOf = (number: number): string =>
  `2001:db8:${(number >> 16).toString(16)}:${(number & 0xffff).toString(16)}::1`;

interface Person {
  readonly userId: string;
  readonly role?: "user" | "admin";
  readonly expiresInMs?: number;
  readonly address: number;
}

/** Connects a user who has a session already. */
export const connectWith = (
  url: string,
  { cookie, address }: { cookie: string; address: number },
  transport: Transport,
  namespace = "/",
): Promise<TestClient> =>
  connectClient(url, { cookie, origin, headers: { "x-forwarded-for": addressOf(address) }, transport, namespace });

/** Signs a user in and connects them. */
export async function connectPerson(
  server: Besieged,
  { address, ...who }: Person,
  transport: Transport,
  namespace = "/",
): Promise<TestClient> {
  const { cookie } = await server.call("signIn", who);
  return connectWith(server.url, { cookie, address }, transport, namespace);
}

/** Whether a user received what is not theirs. */
export const isLeak = (text: unknown): boolean => JSON.stringify(text ?? null).includes(canary);
