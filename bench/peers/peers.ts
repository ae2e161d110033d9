import { flask } from "./flask/flask.ts";
import { floor } from "./floor/floor.ts";
import { nats } from "./nats/nats.ts";
import { nchan } from "./nchan/nchan.ts";
import { createNodePeer, socketIoPath } from "./node/node-peer.ts";
import type { Peer } from "./peer.ts";

const socketIo = { wire: "socket.io", path: socketIoPath, secured: false } as const;

const script = (name: string): URL => new URL(`./${name}/server.ts`, import.meta.url);

/** Everybody who takes part, in the order of a round: what ratios are against is next to what is judged. */
export const peers: readonly Peer[] = [
  createNodePeer({
    ...{ ...socketIo, name: "bare", script: script("bare") },
    workloads: ["W1", "W2", "W3", "W4", "W5", "W7"],
  }),
  createNodePeer({
    ...{ ...socketIo, name: "signalbox", script: script("signalbox"), secured: true },
    workloads: ["W1", "W2", "W3", "W4", "W5", "W6", "W7"],
  }),
  createNodePeer({ ...socketIo, name: "bare-conflated", script: script("bare-conflated"), workloads: ["W3"] }),
  createNodePeer({
    ...{ name: "ws", script: script("ws"), wire: "ws", path: "/", secured: false },
    workloads: ["W1", "W2", "W4"],
  }),
  floor,
  nchan,
  nats,
  flask,
];
