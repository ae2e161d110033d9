import type { SessionEndReason } from "@signalbox/protocol";
import { type AccessRule, permits } from "../../core/permissions.ts";
import type { Clock, Log, Principal, Session, SessionChange, SessionProblem } from "../../core/ports.ts";
import { Refusal } from "../../core/refusal.ts";
import { principalOf, withoutRights } from "../../sessions/principal.ts";
import type { SessionHandle, SessionLookup } from "../../sessions/session-lookup.ts";
import { type RealtimeSocket, sessionHandles } from "../socket.ts";
import type { NamespaceDefinition } from "./define-namespace.ts";
import { createRoomRevoker } from "./room-revoker.ts";

/** Sweep interval. 500 ms keeps disconnects of expired sessions below one second, including the store round trip. */
const sweepMs = 500;

/** Sockets whose sessions are looked up together when all sessions are. */
const atATime = 200;

export interface SessionMonitorOptions {
  readonly lookup: SessionLookup;
  readonly clock: Clock;
  readonly log: Log;
  /** A session is looked up again when its last look-up is this long ago. */
  readonly recheckMs: number;
  sockets(): Iterable<RealtimeSocket>;
  definitionOf(socket: RealtimeSocket): NamespaceDefinition;
  /** Called for every socket that is ended, for the security log. */
  onEnded(socket: RealtimeSocket, reason: SessionEndReason): void;
}

export interface SessionMonitor {
  /** Looks up the affected sessions again, and ends or restricts their sockets. Resolves when that is done. */
  changed(change: SessionChange): Promise<void>;
  /** Call this for each socket that has just connected. */
  adopt(socket: RealtimeSocket): void;
  /** Looks up all sessions again: messages about changes may have been lost. */
  lookAgain(): void;
  close(): void;
}

/**
 * Keeps live sockets in step with their sessions. There is one rule: whenever something may have changed, look the
 * session up again and apply the result. That is when the source reports it, the session expires, or the last look-up
 * is too old.
 */
export function createSessionMonitor(options: SessionMonitorOptions): SessionMonitor {
  const { lookup, clock, recheckMs } = options;
  const rooms = createRoomRevoker(options);
  let lastChangeAt = Number.NEGATIVE_INFINITY;
  /** Numbers the look-ups in the order in which they were begun. */
  let lookups = 0;
  /** The look-up whose answer each socket follows. */
  const followed = new WeakMap<RealtimeSocket, number>();

  const stop = clock.every(sweepMs, () => {
    const [now, monotonic] = [clock.now(), clock.monotonic()];
    void recheck(select((socket) => isDue(socket, now, monotonic)));
  });

  return {
    async changed(change) {
      lastChangeAt = clock.monotonic();
      lookup.invalidate(change);
      await recheck(
        select(({ data: { principal } }) => concerns(change, principal)),
        change,
      );
    },
    adopt(socket) {
      // A logout between a socket's look-up and its registration as a live socket would otherwise be missed.
      if (lastChangeAt >= socket.data.checkedAt) void recheck([socket]);
    },
    lookAgain() {
      lastChangeAt = clock.monotonic();
      lookup.clear();
      void recheckAll();
    },
    close: stop,
  };

  function select(matches: (socket: RealtimeSocket) => boolean): RealtimeSocket[] {
    return [...options.sockets()].filter((socket) => sessionHandles.of(socket) && matches(socket));
  }

  function isDue({ data: { principal, checkedAt } }: RealtimeSocket, now: number, monotonic: number): boolean {
    const expiresAt = principal.session?.expiresAt ?? null;
    return (expiresAt !== null && expiresAt <= now) || monotonic - checkedAt >= recheckMs;
  }

  /** A few at a time, or the store would receive thousands of requests at once. */
  async function recheckAll(): Promise<void> {
    const sockets = select(() => true);
    for (let start = 0; start < sockets.length; start += atATime) {
      await recheck(sockets.slice(start, start + atATime));
    }
  }

  /** One look-up per session, however many sockets it has. */
  async function recheck(sockets: readonly RealtimeSocket[], change?: SessionChange): Promise<void> {
    const bySession = Map.groupBy(sockets, (socket) => socket.data.principal.session?.ref);
    await Promise.all([...bySession.values()].map((group) => recheckSession(group, change)));
  }

  async function recheckSession(group: readonly RealtimeSocket[], change?: SessionChange): Promise<void> {
    const [first] = group;
    const handle = first && sessionHandles.of(first);
    if (!handle) return;
    // Marked before the look-up: a slow store is asked once per interval, not once per sweep.
    for (const socket of group) socket.data.checkedAt = clock.monotonic();
    lookups += 1;
    const serial = lookups;
    const found = await lookAgain(handle);
    for (const socket of group) if (isLatest(socket, serial, found)) apply(socket, found, change);
  }

  /**
   * Answers may overtake each other: one that was read before a demotion, and arrives after the answer of a later read,
   * would restore the role. A look-up that failed has read nothing, and makes no other answer stale.
   */
  function isLatest(socket: RealtimeSocket, serial: number, found: Session | SessionProblem | undefined): boolean {
    if ((followed.get(socket) ?? 0) > serial) return false;
    if (found !== undefined) followed.set(socket, serial);
    return true;
  }

  /**
   * A store that does not answer ends no session: its outage would sign every user out. The known session still holds,
   * and a session past its expiry has ended whatever the store would say.
   */
  async function lookAgain(handle: SessionHandle): Promise<Session | SessionProblem | undefined> {
    try {
      return await lookup.fresh(handle);
    } catch (error) {
      if (!(error instanceof Refusal)) options.log.error({ err: error }, "Looking a live session up failed.");
      return undefined;
    }
  }

  function apply(
    socket: RealtimeSocket,
    found: Session | SessionProblem | undefined,
    change: SessionChange | undefined,
  ): void {
    if (!socket.connected) return;
    const { principal } = socket.data;
    if (found === undefined) {
      const expiresAt = principal.session?.expiresAt ?? null;
      if (expiresAt !== null && expiresAt <= clock.now()) end(socket, "expired", true);
      return;
    }
    if (typeof found === "string") return end(socket, reasonOf(found, change?.reason), true);
    // A cookie that now opens another user's session does not give this socket to that user.
    if (found.userId !== principal.userId) return end(socket, "revoked", true);
    follow(socket, principalOf(found), change !== undefined);
  }

  /** A reported change may be one of rights that the session does not show, such as team membership. */
  function follow(socket: RealtimeSocket, principal: Principal, told: boolean): void {
    const before = socket.data.principal;
    socket.data.principal = principal;
    if (!told && principal.role === before.role && principal.username === before.username) return;
    const definition = options.definitionOf(socket);
    if (!stillPermits(definition.access, principal)) return end(socket, "role_changed", false);
    rooms.judge(socket, definition, before);
  }

  /** An application's rule that throws permits nothing. */
  function stillPermits(rule: AccessRule, principal: Principal): boolean {
    try {
      return permits(rule, principal);
    } catch (error) {
      options.log.error({ err: error }, "A namespace's access rule failed; the connection leaves the namespace.");
      return false;
    }
  }

  function end(socket: RealtimeSocket, reason: SessionEndReason, closeTransport: boolean): void {
    options.onEnded(socket, reason);
    socket.data.principal = withoutRights(socket.data.principal);
    socket.emit("session_ending", { reason, at: new Date(clock.now()).toISOString() });
    socket.disconnect(closeTransport);
  }
}

function concerns(change: SessionChange, principal: Principal): boolean {
  if (change.ref !== undefined && change.ref === principal.session?.ref) return true;
  return change.userId !== undefined && change.userId === principal.userId;
}

function reasonOf(problem: SessionProblem, announced: SessionEndReason | undefined): SessionEndReason {
  if (announced !== undefined && announced !== "role_changed") return announced;
  return problem === "session_expired" ? "expired" : "revoked";
}
