import type { Wire as WireName } from "../../peers/peer.ts";
import type { Wire } from "../client.ts";
import { createNatsWire } from "./nats.ts";
import { socketIoWire } from "./socket-io.ts";

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
