/** Members of Socket.IO's adapters that their types hide; each is in members.ts, with a contract test. */
import type { Socket as EngineSocket } from "engine.io";
import type { Adapter, ClusterAdapter } from "socket.io-adapter";

export type Packet = Parameters<Adapter["broadcast"]>[0];
export type BroadcastOptions = Parameters<Adapter["broadcast"]>[1];
type ClusterMessage = Parameters<ClusterAdapter["onMessage"]>[0];

/** A socket as an adapter returns it. */
export interface Member {
  readonly conn: EngineSocket;
  notifyOutgoingListeners?(packet: Packet): void;
}

interface AdapterInternals {
  readonly nsp: { readonly sockets: ReadonlyMap<string, Member> };
  readonly encoder: { encode(packet: Packet): unknown[] };
  apply(options: BroadcastOptions, each: (member: Member) => void): void;
}

interface ClusterAdapterInternals {
  readonly uid: string;
  publishAndReturnOffset(message: Omit<ClusterMessage, "uid" | "nsp">): Promise<string>;
  onMessage(message: ClusterMessage, offset?: string): void;
}

export const adapterInternals = (adapter: Adapter): AdapterInternals => adapter as unknown as AdapterInternals;

export const clusterAdapterInternals = (adapter: ClusterAdapter): ClusterAdapterInternals =>
  adapter as unknown as ClusterAdapterInternals;

/** An adapter factory in the form of a class: Socket.IO calls it with `new`, and nothing else is used of it. */
export const asAdapterClass = (createAdapter: (namespace: Adapter["nsp"]) => Adapter): typeof Adapter =>
  createAdapter as unknown as typeof Adapter;
