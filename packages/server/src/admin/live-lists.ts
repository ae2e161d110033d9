import type { BlockRow, ConnectionListRequest, ConnectionPage, ConnectionRow, RoomRow } from "@signalbox/protocol";
import { defaultLimit, someRowsWithin } from "../core/bounded-page.ts";
import { blockRow } from "../limits/block.ts";
import type { Limits } from "../limits/module.ts";
import type { Latency } from "../socket-io/connections/latency.ts";
import type { Backpressure } from "../socket-io/delivery/backpressure.ts";
import { liveSockets, namedRooms, type RealtimeNamespace, type RealtimeSocket } from "../socket-io/socket.ts";
import { matchingRows, pageOf } from "./page.ts";

/** Measurements of connections. */
interface Measures {
  readonly backpressure: Backpressure;
  readonly latency: Pick<Latency, "of">;
}

/** Live connections as rows, read from Socket.IO at the time of the call. */
export function connectionRows(namespaces: Iterable<RealtimeNamespace>, measures: Measures): ConnectionRow[] {
  return [...liveSockets(namespaces)]
    .map((socket) => connectionRow(socket, measures))
    .sort((a, b) => (a.socket_id < b.socket_id ? -1 : 1));
}

/**
 * Cuts a page out by position, because a list that is displayed by position jumps there. Equal rows keep the order of
 * their ids.
 */
export function connectionPage(
  rows: readonly ConnectionRow[],
  request: ConnectionListRequest,
  maxBytes: number,
): ConnectionPage {
  const { sort, descending = false, offset, after, ...page } = request;
  if (sort === undefined && offset === undefined) {
    return pageOf(rows, { ...page, after }, ({ socket_id }) => socket_id, maxBytes);
  }
  const matching = matchingRows(rows, page.filter);
  const sorted = sort === undefined ? matching : [...matching].sort((a, b) => compare(a[sort], b[sort], descending));
  const start = offset ?? 0;
  const wanted = sorted.slice(start, start + (page.limit ?? defaultLimit));
  return { rows: [...someRowsWithin(wanted, maxBytes)], next: null, total: sorted.length };
}

/** Unknown values come last in either direction. */
function compare<Value extends string | number>(a: Value | null, b: Value | null, descending: boolean): number {
  if (a === b) return 0;
  if (a === null) return 1;
  if (b === null) return -1;
  return a < b === descending ? 1 : -1;
}

function connectionRow(socket: RealtimeSocket, { backpressure, latency }: Measures): ConnectionRow {
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
    round_trip_ms: latency.of(socket.conn),
    rooms: namedRooms(socket),
    buffered_bytes: backpressure.bytesOf(socket.conn),
    slow: backpressure.isSlow(socket.conn),
  };
}

export const blockKey = ({ subject, id }: BlockRow): string => `${subject} ${id}`;

type BlockLists = Pick<Limits, "automaticBlocks" | "adminBlocks">;

/** The blocks in force: one row for each subject. An administrator's block takes precedence. */
export const blockRows = ({ automaticBlocks, adminBlocks }: BlockLists): BlockRow[] =>
  [...new Map([...automaticBlocks.list(), ...adminBlocks.list()].map((block) => [block.place, block])).values()]
    .map(blockRow)
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
