import { type Adapter, type ClusterAdapter, MessageType } from "socket.io-adapter";
import { type BroadcastOptions, clusterAdapterInternals, type Packet } from "../internals/adapter-internals.ts";
import { broadcastHere } from "./batching-adapter.ts";
import type { WriteBatcher } from "./write-batcher.ts";

/** Makes the adapter of a namespace; Socket.IO calls it with `new`. */
export type AdapterFactory = (namespace: Adapter["nsp"]) => Adapter;

/**
 * Socket.IO's adapter for several nodes, changed in two ways. Broadcasts leave through the write batcher on each node.
 * Operations on this node's own clients run at once, where the adapter waits for Redis first: with Redis frozen, no
 * client here would receive anything.
 */
export function batchingClusterAdapter(createAdapter: AdapterFactory, writeBatcher: WriteBatcher): AdapterFactory {
  // Called with `new` by Socket.IO.
  return function create(namespace): Adapter {
    const adapter = createAdapter(namespace) as ClusterAdapter;
    const inside = clusterAdapterInternals(adapter);
    const publish = inside.publishAndReturnOffset.bind(adapter);
    const onMessage = inside.onMessage.bind(adapter);

    // The offset is for Socket.IO's own recovery, which is off (docs/decisions/0002).
    inside.publishAndReturnOffset = async (message) => {
      publish(message).catch(() => {});
      return "";
    };
    adapter.broadcast = async (packet: Packet, options: BroadcastOptions) => {
      if (!options.flags?.local) {
        const opts = { rooms: [...options.rooms], except: [...(options.except ?? [])], flags: options.flags };
        void inside.publishAndReturnOffset({ type: MessageType.BROADCAST, data: { packet, opts } } as never);
      }
      broadcastHere(adapter, writeBatcher, packet, options);
    };
    inside.onMessage = (message, offset) => {
      if (message.type !== MessageType.BROADCAST || message.data.requestId !== undefined)
        return onMessage(message, offset);
      if (message.uid === inside.uid || message.nsp !== namespace.name) return;
      const { packet, opts } = message.data;
      broadcastHere(adapter, writeBatcher, packet, {
        ...opts,
        rooms: new Set(opts.rooms),
        except: new Set(opts.except),
      });
    };
    return adapter;
  };
}
