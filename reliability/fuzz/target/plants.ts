/** Faults built into the server on purpose. A fuzzer that reports nothing proves something only if it finds these. */
import type { Server } from "node:http";
import { taskRoom } from "@signalbox/protocol";
import type { Realtime } from "@signalbox/server";
import { canary, streamOf, watchers } from "../bait.ts";

interface Ground {
  readonly realtime: Realtime;
  readonly httpServer: Server;
  readonly victimRoom: string;
}

type Socket = Parameters<Parameters<ReturnType<Realtime["io"]["of"]>["use"]>[0]>[0];

/** Looks at every event of `/` before the server's own check does. */
function onEvent({ realtime }: Ground, look: (socket: Socket, packet: readonly unknown[]) => void): void {
  realtime.io.of("/").use((socket, next) => {
    socket.use((packet, proceed) => {
      look(socket, packet);
      proceed();
    });
    next();
  });
}

const names = (packet: readonly unknown[], text: string): boolean => JSON.stringify(packet.slice(0, 2)).includes(text);
const polluted = { value: true, configurable: true, enumerable: false };
const victim = watchers.polling.userId;

export const plants = {
  /** Exits on an event whose name is no text. */
  exits: (ground) => onEvent(ground, (_socket, [name]) => void (typeof name !== "string" && process.exit(1))),
  /** Leaves a rejected promise uncaught. */
  rejects: (ground) =>
    onEvent(ground, (_socket, packet) => {
      if (names(packet, '"constructor"')) void Promise.reject(new Error("Not caught."));
    }),
  /** Copies a payload key by key into an object. Hidden from loops, so that the server goes on and must be looked at. */
  pollutes: (ground) =>
    onEvent(ground, (_socket, packet) => {
      if (names(packet, '"__proto__"')) Object.defineProperty(Object.prototype, "polluted", polluted);
    }),
  /** Sends another user's progress to any client that names that user's task. */
  leaks: (ground) =>
    onEvent(ground, (socket, packet) => {
      if (names(packet, streamOf(victim))) socket.emit("progress_update", { title: canary });
    }),
  /** Passes a client's event on to another user. */
  relays: (ground) =>
    onEvent(ground, (_socket, packet) => {
      if (names(packet, "join_room")) ground.realtime.io.of("/").to(ground.victimRoom).emit("job_update", packet[1]);
    }),
  /** Refuses to let a client into another user's task, and lets it in all the same. */
  admits: (ground) =>
    onEvent(ground, (socket, packet) => {
      if (names(packet, streamOf(victim))) void socket.join(taskRoom(streamOf(victim)));
    }),
  /** Takes a user for an administrator. */
  promotes: (ground) =>
    onEvent(ground, (socket, packet) => {
      const { data } = socket;
      if (names(packet, '"since"')) data.principal = { ...data.principal, role: "admin" };
    }),
  /** Refuses with a code that is not declared. */
  misspeaks: (ground) =>
    onEvent(ground, (_socket, packet) => {
      const acknowledge = packet.at(-1);
      if (typeof acknowledge === "function" && names(packet, "leave_room")) {
        acknowledge({ ok: false, error: { code: "go_away", category: "request", message: "Go away." } });
      }
    }),
  /** Answers a request with a status that is not in the contract. */
  teapot: ({ httpServer }) => {
    httpServer.prependListener("request", (req, res) => {
      if (req.headers.origin === undefined && req.url?.includes("tasks")) res.writeHead(418).end();
    });
  },
  /** Disconnects a client that did not ask for it. */
  drops: (ground) => {
    let events = 0;
    onEvent(ground, () => {
      events += 1;
      if (events === 20) ground.realtime.io.of("/").in(ground.victimRoom).disconnectSockets(true);
    });
  },
} satisfies Record<string, (ground: Ground) => void>;

export type PlantName = keyof typeof plants;
