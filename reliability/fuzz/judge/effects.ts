/** Whether each change in the server is explained by something that a client was entitled to, and asked for. */
import { namespaces, rooms, userRoom } from "@signalbox/protocol";
import { admins, attackers, everybody, openRooms, sidOf, streamOf, taskOf, watchers } from "../bait.ts";
import type { LiveSocket, State } from "../target/messages.ts";
import type { Ledger } from "./ledger.ts";

interface Unexplained {
  readonly rule: string;
  readonly detail: string;
}

const adminIds = new Set(admins.map(({ userId }) => userId));
const watcherIds = new Set(Object.values(watchers).map(({ userId }) => userId));
const ownerOf = new Map(attackers.map(({ userId }) => [taskOf(userId), userId]));

const defaultRooms = (namespace: string, userId: string): readonly string[] => [
  userRoom(userId),
  ...(namespace === namespaces.admin
    ? [rooms.adminGeneral, rooms.systemMonitoring, rooms.securityAlerts, rooms.adminBatch]
    : [rooms.userGeneral]),
];

/** Compares the state with the one at the start, and each change with what was said. */
export function unexplained(before: State, now: State, ledger: Ledger): Unexplained[] {
  const found: Unexplained[] = [];
  const add = (rule: string, detail: string): void => void found.push({ rule, detail });

  for (const name of now.pollution) add("a prototype was polluted", `${name} is there now.`);
  for (const [id, task] of changed(before.tasks, now.tasks)) add("a task changed", `${id}: ${task}`);
  for (const [ref, session] of changed(before.sessions, now.sessions)) {
    // Revoked sessions are reported separately: revoking prey is what administrators are there for.
    if (!now.revoked.includes(ref)) add("a session changed", `${ref}: ${session}`);
  }
  for (const ref of now.revoked) {
    const explained = admins.some(({ userId }) => asked(userId, "revoke_session", ref));
    if (!explained) add("a session was revoked that nobody entitled had named", ref);
  }
  for (const { task, by } of now.cancels) {
    const entitled = adminIds.has(by) || ownerOf.get(task) === by;
    if (!entitled || !asked(by, "cancel_task", task))
      add("a task was cancelled that nobody entitled had named", `${task} by ${by}`);
  }
  for (const socket of [...now.sockets, ...now.departed]) {
    const watcher = Object.values(watchers).find(({ userId }) => userId === socket.userId);
    if (watcher === undefined) judgeSocket(socket);
    else if (socket.sid !== sidOf(watcher)) add("a socket of a watcher on somebody else's connection", socket.sid);
  }
  return found;

  /** A client that shows a credential counts as its owner, on any connection. */
  function asked(userId: string, ...words: string[]): boolean {
    const token = everybody.find((each) => each.userId === userId)?.token ?? "";
    return [...ledger.all()].some((account) => account.mentions(token, ...words));
  }

  function judgeSocket({ sid, namespace, userId, role, rooms: joined }: LiveSocket): void {
    const account = ledger.find(sid);
    const claimed = everybody.find((each) => each.userId === userId);
    const where = `${sid} is ${userId} (${role}) on ${namespace}`;
    if (account === undefined) return add("a socket that nobody opened", where);
    if (claimed === undefined || !account.mentions(claimed.token))
      return add("a socket of somebody whose credentials were not shown", where);
    if (namespace === namespaces.admin && claimed.role !== "admin") add("somebody is on /admin who may not be", where);
    if (role !== claimed.role) return add("a socket with another role than its user's", where);
    for (const room of joined) {
      if (defaultRooms(namespace, userId).includes(room)) continue;
      const entitled = room.startsWith(openRooms) || room === `task:${taskOf(userId)}` || adminMay(role, room);
      if (!entitled) add("a room was joined without a right to it", `${where}, in ${room}`);
      // Under a mask a changed byte may be any letter: of an open room, which all may join, the beginning is enough.
      else if (!account.mentions(room.startsWith(openRooms) ? openRooms : room.replace(/^task:/, "")))
        add("a room was joined that nobody had named", `${where}, in ${room}`);
    }
  }
}

/** On `/`, administrators may watch any user's task, and the feed of legacy clients. */
const adminMay = (role: string, room: string): boolean =>
  role === "admin" &&
  (room === rooms.legacyAdminDashboard ||
    [...ownerOf.keys(), ...[...watcherIds].flatMap((id) => [taskOf(id), streamOf(id)])].includes(
      room.replace(/^task:/, ""),
    ));

function changed(before: Readonly<Record<string, string>>, now: Readonly<Record<string, string>>): [string, string][] {
  const names = new Set([...Object.keys(before), ...Object.keys(now)]);
  return [...names]
    .filter((name) => before[name] !== now[name])
    .map((name) => [name, `${before[name]} -> ${now[name]}`]);
}
