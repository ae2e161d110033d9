import type { BlockRow, ConnectionRow, RoomRow } from "@signalbox/protocol";
import type { Backlogs } from "../edge/backlogs.ts";
import { liveSockets, namedRooms, type RealtimeNamespace, type RealtimeSocket } from "../edge/socket.ts";
import type { Blocks } from "../limits/blocks.ts";
import { subjectOf } from "../limits/place.ts";

/** Live connections as rows, read from Socket.IO at the time of asking. */
export function connectionRows(namespaces: Iterable<RealtimeNamespace>, backlogs: Backlogs): ConnectionRow[] {
  return [...liveSockets(namespaces)]
    .map((socket) => connectionRow(socket, backlogs))
    .sort((a, b) => (a.socket_id < b.socket_id ? -1 : 1));
}

function connectionRow(socket: RealtimeSocket, backlogs: Backlogs): ConnectionRow {
  const { principal, ip, connectedAt } = socket.data;
  return {
    socket_id: socket.id,
    namespace: socket.nsp.name,
    user_id: principal.userId,
    username: principal.username,
    role: principal.role,
    session_ref: principal.session?.ref ?? null,
    ip,
    transport: socket.conn.transport.name,
    connected_at: new Date(connectedAt).toISOString(),
    rooms: namedRooms(socket),
    buffered_bytes: backlogs.bytesOf(socket.conn),
    slow: backlogs.isSlow(socket.conn),
  };
}

export const blockKey = ({ subject, id }: BlockRow): string => `${subject} ${id}`;

/** Who is kept out at this moment. */
export const blockRows = (blocks: Blocks): BlockRow[] =>
  blocks
    .list()
    .map(({ place, since, until, type, times }) => ({
      ...subjectOf(place),
      reason: type,
      since: new Date(since).toISOString(),
      until: new Date(until).toISOString(),
      times,
    }))
    .sort((a, b) => (blockKey(a) < blockKey(b) ? -1 : 1));

export const roomKey = (row: RoomRow): string => `${row.namespace} ${row.room}`;

/** Rooms with their number of members, read from Socket.IO's adapters. */
export function roomRows(namespaces: Iterable<RealtimeNamespace>): RoomRow[] {
  const rows: RoomRow[] = [];
  for (const { name, adapter } of namespaces) {
    for (const [room, members] of adapter.rooms) {
      if (!adapter.sids.has(room)) rows.push({ namespace: name, room, members: members.size });
    }
  }
  return rows.sort((a, b) => (roomKey(a) < roomKey(b) ? -1 : 1));
}
