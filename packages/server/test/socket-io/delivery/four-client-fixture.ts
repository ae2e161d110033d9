import { expect, onTestFinished } from "vitest";
import type { RealtimeNamespace, RealtimeSocket } from "../../../src/socket-io/socket.ts";
import { connectClient, type TestClient, type TestServer, type Transport } from "../../../src/testing/index.ts";
import { serverSocketOf, startOpenServer } from "./fixture.ts";

/** The rooms: `ada` is in left, `bob` in left and right, `cyd` in right, and `dan` in none. */
const places = { ada: ["left"], bob: ["left", "right"], cyd: ["right"], dan: [] } as const;
export type Name = keyof typeof places;
export const names = Object.keys(places) as Name[];

interface Member {
  readonly client: TestClient;
  /** The server's end. */
  readonly socket: RealtimeSocket;
}

/** Four clients in two rooms of a running server. */
export interface Quartet {
  readonly server: TestServer;
  readonly all: RealtimeNamespace;
  readonly members: Readonly<Record<Name, Member>>;
  /** Waits until everything that was sent before has arrived: at these clients, or at all. */
  settle(...whom: Name[]): Promise<void>;
  /** Payloads of the events `news` that a client has received so far. */
  news(name: Name): unknown[];
}

export async function startQuartet(transport: Transport): Promise<Quartet> {
  const server = await startOpenServer();
  onTestFinished(() => server.close());
  const connect = async (name: Name): Promise<[Name, Member]> => {
    const client = await connectClient(server.url, { transport });
    onTestFinished(() => client.close());
    const socket = serverSocketOf(server, client.socket.id);
    await socket.join([...places[name]]);
    return [name, { client, socket }];
  };
  const members = Object.fromEntries(await Promise.all(names.map(connect))) as Record<Name, Member>;
  // A polling client has been answered, but may not have polled again: a volatile packet would not wait for it.
  const isReady = () => names.every((name) => members[name].socket.conn.transport.writable);
  await expect.poll(isReady).toBe(true);
  return {
    server,
    all: server.realtime.io.of("/"),
    members,
    async settle(...whom) {
      const settled = (whom.length === 0 ? names : whom).map((name) => {
        members[name].socket.emit("settle");
        return members[name].client.next("settle");
      });
      await Promise.all(settled);
    },
    news: (name) => members[name].client.received("news"),
  };
}
