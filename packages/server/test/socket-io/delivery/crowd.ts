/** Clients of every kind on one server, with the events that each of them should receive and has received. */
import { isFinal, type TaskSnapshot } from "@signalbox/protocol";
import type { Adapter } from "socket.io-adapter";
import { io, type Socket } from "socket.io-client";
import type { RealtimeSocket } from "../../../src/socket-io/socket.ts";
import type { TestServer } from "../../../src/testing/index.ts";
import { serverSocketOf, turn, type WebSocketBelow } from "./fixture.ts";

export interface Kind {
  /** `upgrading` begins on polling, and upgrades to WebSocket when the programme says so. */
  readonly transport: "websocket" | "polling" | "upgrading";
  readonly accepts: readonly string[];
}

/** The kinds of clients: each transport, with and without `progress_batch`. */
export const kinds: readonly Kind[] = (["websocket", "polling", "upgrading", "websocket"] as const).flatMap(
  (transport) => [
    { transport, accepts: [] },
    { transport, accepts: ["progress_batch"] },
  ],
);

interface Expected {
  readonly label: string;
  /** A volatile event may be missing, but not out of order. */
  readonly volatile: boolean;
}

export interface Member {
  readonly kind: Kind;
  readonly socket: Socket;
  readonly atServer: RealtimeSocket;
  readonly expected: Expected[];
  readonly received: string[];
  /** States of tasks, in the order of their arrival, including the final ones. */
  readonly states: TaskSnapshot[];
  /** How it disconnected, if it did: events that a client misses because it disconnected itself are no fault. */
  gone: "by itself" | "by the server" | null;
  /** The WebSocket that it does not read from at the moment. */
  asleep: WebSocketBelow | null;
  /** The number of requests that it has sent, and of those that the server has answered. */
  asked: number;
  answered: number;
}

/** Names an event by its number and its size: a mutilated event counts as a different one. */
const labelOf = ({ n, data }: { n: number; data: string | Buffer }): string =>
  `${n}: ${typeof data === "string" ? "text" : "bytes"} of ${data.length}`;

export async function gatherCrowd(server: TestServer): Promise<Member[]> {
  const members = await Promise.all(kinds.map((kind) => join(server, kind)));
  recordBroadcasts(server, members);
  return members;
}

async function join(server: TestServer, kind: Kind): Promise<Member> {
  const socket = io(server.url, {
    transports: kind.transport === "upgrading" ? ["polling", "websocket"] : [kind.transport],
    upgrade: false,
    forceNew: true,
    reconnection: false,
    extraHeaders: { origin: server.url },
    auth: { accepts: kind.accepts },
  });
  const received: string[] = [];
  const states: TaskSnapshot[] = [];
  socket.on("event", (payload, acknowledge?: () => void) => {
    received.push(labelOf(payload));
    acknowledge?.();
  });
  socket.on("progress_update", (task) => states.push(task));
  socket.on("progress_batch", ({ tasks }) => states.push(...tasks));
  socket.on("task_completed", (task) => {
    states.push(task);
    received.push(`end of ${task.task_id}`);
  });
  await new Promise<void>((resolve, reject) => {
    socket.once("connect", resolve);
    socket.once("connect_error", reject);
  });
  const atServer = serverSocketOf(server, socket.id);
  const member: Member = {
    ...{ kind, socket, atServer, received, states },
    ...{ expected: [], gone: null, asleep: null, asked: 0, answered: 0 },
  };
  // An answer is sent when the packet is created, some microtasks after the handler has returned it.
  atServer.conn.on("packetCreate", ({ data }: { data?: unknown }) => {
    const answer = typeof data === "string" ? /^3(\d+)\[/.exec(data) : null;
    if (answer === null) return;
    member.answered += 1;
    expectOf(member, `answer ${answer[1]}`);
  });
  return member;
}

/** A connection that is being closed accepts nothing more, but leaves its rooms only when it has closed. */
function expectOf({ atServer, expected }: Member, label: string, volatile = false): void {
  if (atServer.conn.readyState === "open") expected.push({ label, volatile });
}

/** Sends a request that the server answers later; Socket.IO counts requests from 0. */
export function ask(member: Member): void {
  if (member.gone !== null) return;
  const serial = member.asked;
  member.asked += 1;
  member.socket.emit("check_connection", {}, () => member.received.push(`answer ${serial}`));
}

/** Waits until the server has answered all clients that are still connected. */
export async function answered(members: readonly Member[]): Promise<void> {
  while (members.some(({ gone, asked, answered }) => gone === null && answered < asked)) await turn();
}

/** Sends to one client, and records it. */
export function tell(member: Member, n: number, data: string | Buffer, wantsAnswer = false): void {
  const { atServer } = member;
  if (!atServer.connected) return;
  expectOf(member, labelOf({ n, data }));
  if (wantsAnswer) void atServer.timeout(5000).emitWithAck("event", { n, data }).catch(noAnswer);
  else atServer.emit("event", { n, data });
}

/** A client that disconnects in the meantime does not answer. */
const noAnswer = (): void => {};

type Broadcast = Parameters<Adapter["broadcast"]>;

/**
 * Records each broadcast for the members that Socket.IO's rooms name at the moment of emission, including final events.
 */
function recordBroadcasts({ realtime }: TestServer, members: readonly Member[]): void {
  const { adapter } = realtime.io.of("/");
  const byId = new Map(members.map((member) => [member.atServer.id, member]));
  const record = ([packet, { rooms, except, flags }]: Broadcast): void => {
    const [name, payload] = packet.data;
    const label = name === "event" ? labelOf(payload) : name === "task_completed" ? `end of ${payload.task_id}` : null;
    if (label === null) return;
    const inAny = (names: Iterable<string>): Set<string> =>
      new Set([...names].flatMap((room) => [...(adapter.rooms.get(room) ?? [])]));
    const excepted = inAny(except ?? []);
    for (const id of rooms.size === 0 ? adapter.sids.keys() : inAny(rooms)) {
      const member = byId.get(id);
      if (member !== undefined && !excepted.has(id)) expectOf(member, label, flags?.volatile);
    }
  };
  const { broadcast, broadcastWithAck } = Object.getPrototypeOf(adapter) as Adapter;
  Object.assign(adapter, {
    broadcast(...args: Broadcast) {
      record(args);
      broadcast.apply(adapter, args);
    },
    broadcastWithAck(...args: Parameters<Adapter["broadcastWithAck"]>) {
      record([args[0], args[1]]);
      broadcastWithAck.apply(adapter, args);
    },
  });
}

/** What a member should have received, given which of the volatile events it has. */
export function due({ expected, received }: Member): string[] {
  const arrived = new Set(received);
  return expected.filter(({ label, volatile }) => !volatile || arrived.has(label)).map(({ label }) => label);
}

/** The states of one task that are out of order: older than one before, or after the final one. */
export function misplaced(states: readonly TaskSnapshot[]): TaskSnapshot[] {
  const latest = new Map<string, TaskSnapshot>();
  return states.filter((task) => {
    const before = latest.get(task.task_id);
    latest.set(task.task_id, task);
    return before !== undefined && (isFinal(before.status) || task.version <= before.version);
  });
}
