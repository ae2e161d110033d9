import { Adapter } from "socket.io-adapter";
import { adapterInternals, type BroadcastOptions, type Member, type Packet } from "../internals/adapter-internals.ts";
import { createMessage } from "./encoded-packet.ts";
import type { WriteBatcher } from "./write-batcher.ts";

/**
 * Broadcasts to this node's members of rooms through the write batcher. Rooms, members and exceptions are Socket.IO's
 * own. A packet that may be dropped (`volatile`) or has attachments takes Socket.IO's path.
 */
export function broadcastHere(
  adapter: Adapter,
  writeBatcher: WriteBatcher,
  packet: Packet,
  options: BroadcastOptions,
): void {
  const plain = (): void => Adapter.prototype.broadcast.call(adapter, packet, options);
  if (options.flags?.volatile) return plain();
  const inside = adapterInternals(adapter);
  packet.nsp = adapter.nsp.name;
  const [text, ...attachments] = inside.encoder.encode(packet);
  if (typeof text !== "string" || attachments.length > 0) return plain();
  const message = createMessage(text);
  const give = (member: Member): void => {
    member.notifyOutgoingListeners?.(packet);
    writeBatcher.add(member.conn, message);
  };
  const [room] = options.rooms;
  // With one room and no exceptions, no member can occur twice, which Socket.IO rules out with a list of all.
  if (room === undefined || options.rooms.size > 1 || options.except?.size) return inside.apply(options, give);
  for (const id of adapter.rooms.get(room) ?? []) {
    const member = inside.nsp.sockets.get(id);
    if (member !== undefined) give(member);
  }
}

/** Socket.IO's adapter for one node, with broadcasts that leave through the write batcher. */
export function batchingAdapter(writeBatcher: WriteBatcher): typeof Adapter {
  return class BatchingAdapter extends Adapter {
    override broadcast(packet: Packet, options: BroadcastOptions): void {
      broadcastHere(this, writeBatcher, packet, options);
    }
  };
}
