import { rooms, taskRoom, userRoom } from "@signalbox/protocol";
import type { DashboardFeed } from "../admin/dashboard-feed.ts";
import type { AdminBlocks } from "../limits/admin-blocks.ts";
import type { AutomaticBlocks } from "../limits/automatic-blocks.ts";
import type { Block } from "../limits/block.ts";
import { isLimitSubject } from "../limits/subject.ts";
import type { NotificationDelivery } from "../notifications/notification-delivery.ts";
import { slotKey } from "../socket-io/namespaces/connection-slots.ts";
import type { SessionMonitor } from "../socket-io/namespaces/session-monitor.ts";
import type { RealtimeNamespace } from "../socket-io/socket.ts";
import type { Cluster } from "./cluster.ts";

/** How long other nodes may take to answer. */
const answerWithinMs = 1000;

interface ClusterLinks {
  readonly cluster: Cluster;
  readonly user: RealtimeNamespace;
  readonly admin: RealtimeNamespace;
  readonly watch: Pick<SessionMonitor, "changed" | "lookAgain">;
  readonly delivery: Pick<NotificationDelivery, "wake" | "restate" | "restateAll" | "delivered">;
  readonly blocks: AutomaticBlocks;
  readonly imposed: AdminBlocks;
  readonly dashboard: Pick<DashboardFeed, "alert" | "securityEvent">;
  /** Ends the connections of whoever was blocked. */
  onBlocked(block: Block): void;
}

/** Listens to what other nodes tell, and asks them for what somebody here watches. */
export function joinCluster(links: ClusterLinks): void {
  const { cluster, watch, delivery, blocks, imposed, dashboard } = links;

  cluster.on("session_changed", (change) => void watch.changed(change));
  cluster.on("notices_stored", delivery.wake);
  cluster.on("notices_advanced", delivery.restate);
  cluster.on("notices_delivered", ({ userId, after, upTo }) => delivery.delivered(userId, after, upTo));
  cluster.on("security_event", dashboard.securityEvent);
  cluster.on("alert", dashboard.alert);
  cluster.on("lifted", (place) => {
    blocks.lift(place);
    imposed.forget(place);
  });
  cluster.on("blocked", (block) => {
    blocks.learn(block);
    links.onBlocked(block);
  });
  cluster.on("imposed", (block) => {
    imposed.learn(block);
    links.onBlocked(block);
  });
  cluster.onResync(() => {
    watch.lookAgain();
    imposed.reload();
    delivery.restateAll();
    for (const block of blocks.list()) cluster.tell("blocked", block);
  });
  followWatchedTasks(links);
}

/** Socket.IO's rooms are the list of who watches what: a task is followed while its room is there. */
function followWatchedTasks({ cluster, user, admin }: ClusterLinks): void {
  const prefix = taskRoom("");
  const showAll = [
    [user, rooms.legacyAdminDashboard],
    [admin, rooms.adminGeneral],
    [admin, rooms.adminBatch],
  ] as const;
  const isShowingAll = (): boolean => showAll.some(([namespace, room]) => namespace.adapter.rooms.has(room));

  for (const namespace of [user, admin]) {
    namespace.adapter.on("create-room", (room: string) => {
      if (namespace === user && room.startsWith(prefix)) cluster.tasks.follow(room.slice(prefix.length));
      else if (isShowingAll()) cluster.tasks.followAll(true);
    });
    namespace.adapter.on("delete-room", (room: string) => {
      if (namespace === user && room.startsWith(prefix)) cluster.tasks.unfollow(room.slice(prefix.length));
      else if (!isShowingAll()) cluster.tasks.followAll(false);
    });
  }
}

/** A seat is held by being in the room of one's place: leaving it, for whatever reason, gives the seat back. */
export function countSlots(cluster: Cluster, namespace: RealtimeNamespace): void {
  namespace.adapter.on("leave-room", (room: string) => {
    if (isLimitSubject(room)) cluster.slots.leave(slotKey(namespace.name, room));
  });
}

/** The seats that this node has given away. */
export function* slotsTaken(opened: Iterable<RealtimeNamespace>): Generator<readonly [place: string, count: number]> {
  for (const { name, adapter } of opened) {
    for (const [room, members] of adapter.rooms) if (isLimitSubject(room)) yield [slotKey(name, room), members.size];
  }
}

/** The users who are in a room, on any node; of this one only, when others do not answer. */
export async function membersEverywhere(namespace: RealtimeNamespace, room: string): Promise<ReadonlySet<string>> {
  const sockets = await everywhere(namespace, room);
  return new Set(sockets.flatMap(({ data: { principal } }) => (principal?.session ? [principal.userId] : [])));
}

/** Closes the connections of a user on every node. Answers with how many sockets that were. */
export async function disconnectEverywhere(opened: Iterable<RealtimeNamespace>, userId: string): Promise<number> {
  const counts = [...opened].map(async (namespace) => {
    const sockets = await everywhere(namespace, userRoom(userId));
    namespace.in(userRoom(userId)).disconnectSockets(true);
    return sockets.length;
  });
  return (await Promise.all(counts)).reduce((sum, count) => sum + count, 0);
}

/** Nodes that do not answer in time are left out: what is asked for here must work while they are in trouble. */
async function everywhere(namespace: RealtimeNamespace, room: string) {
  try {
    return await namespace.in(room).timeout(answerWithinMs).fetchSockets();
  } catch {
    return namespace.local.in(room).fetchSockets();
  }
}
