import type { Wire as WireName } from "../../peers/peer.ts";
import type { Client } from "../client.ts";
import { createNatsWire } from "./nats.ts";
import { socketIoWire } from "./socket-io.ts";

/** What is spoken within the frames of one connection. */
export interface Wire {
  /** The connection takes frames now. */
  opened(client: Client): void;
  frame(client: Client, buffer: Buffer, start: number, end: number): void;
}

/** Frames are messages. */
const plainWire: Wire = {
  opened: (client) => client.listener.entered(client),
  frame: (client, buffer, start, end) => client.listener.message(client, buffer, start, end),
};

/** A wire for one connection; those without a state of their own are shared. */
export function createWire(name: WireName): Wire {
  if (name === "socket.io") return socketIoWire;
  return name === "nats" ? createNatsWire() : plainWire;
}
