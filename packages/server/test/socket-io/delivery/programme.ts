/** Random programmes of server and client actions, and the function that carries them out. */
import { taskRoom } from "@signalbox/protocol";
import fc from "fast-check";
import { bufferedBytes } from "../../../src/socket-io/internals/engine-clients.ts";
import type { TestServer } from "../../../src/testing/index.ts";
import { answered, ask, kinds, type Member, tell } from "./crowd.ts";
import { clientWebSocketOf, turn } from "./fixture.ts";

const rooms = ["left", "middle", "right"];
const taskCount = 3;

/** A sleeping client has more than this waiting: the server considers it slow, and TCP accepts no more. */
const fullBytes = 600_000;

const who = fc.nat(kinds.length - 1);
const room = fc.constantFrom(...rooms);
const task = fc.nat(taskCount - 1);
/** Sizes around the lengths at which a WebSocket frame's head grows, in UTF-8 of one to four bytes. */
const data = fc.oneof(
  { weight: 8, arbitrary: fc.constantFrom("", "short", "zwölf", "é".repeat(60), "漢字🚦".repeat(20)) },
  { weight: 2, arbitrary: fc.integer({ min: 60, max: 70_000 }).map((length) => "x".repeat(length)) },
  { weight: 1, arbitrary: fc.integer({ min: 1, max: 2000 }).map((length) => Buffer.alloc(length, 1)) },
);
const op = <Name extends string, Fields extends object>(
  weight: number,
  name: Name,
  fields: { [Field in keyof Fields]: fc.Arbitrary<Fields[Field]> },
) => ({
  weight,
  arbitrary: fc.record({ op: fc.constant(name), ...fields }) as unknown as fc.Arbitrary<{ op: Name } & Fields>,
});

const step = fc.oneof(
  op(10, "broadcast", {
    to: fc.subarray(rooms),
    except: fc.subarray(rooms, { maxLength: 1 }),
    volatile: fc.nat(4).map((chance) => chance === 0),
    data,
  }),
  op(2, "broadcast from", { who, to: fc.subarray(rooms), data }),
  op(1, "ask all", { to: fc.subarray(rooms), data }),
  op(5, "tell", { who, data }),
  op(2, "question", { who, data }),
  op(4, "ask", { who }),
  op(6, "report", { task }),
  op(1, "finish", { task }),
  op(2, "join", { who, room }),
  op(2, "leave", { who, room }),
  op(2, "watch", { who, task }),
  op(1, "unwatch", { who, task }),
  op(3, "upgrade", { who }),
  op(1, "sleep", { who }),
  op(2, "wake", { who }),
  op(1, "go", { who, how: fc.constantFrom("say goodbye", "close", "drop") }),
  op(1, "send away", { who, how: fc.constantFrom("disconnect", "close") }),
);
type Step = typeof step extends fc.Arbitrary<infer Value> ? Value : never;

/** What passes between one step and the next: most often nothing, so that several steps share one turn. */
const pauses = {
  none: undefined,
  microtask: () => Promise.resolve(),
  turn,
  moment: () => new Promise<void>((resolve) => setTimeout(resolve, 3)),
};
const pause = fc.oneof(
  { weight: 8, arbitrary: fc.constant("none" as const) },
  { weight: 2, arbitrary: fc.constant("microtask" as const) },
  { weight: 3, arbitrary: fc.constant("turn" as const) },
  { weight: 2, arbitrary: fc.constant("moment" as const) },
);

export const programmes = fc.array(fc.record({ step, pause }), { minLength: 1, maxLength: 80, size: "max" });
export type Programme = { step: Step; pause: keyof typeof pauses }[];

/** Carries a programme out; resolves when everything was sent, which may be before it has arrived. */
export async function carryOut(programme: Programme, server: TestServer, members: readonly Member[]): Promise<void> {
  const { realtime } = server;
  const namespace = realtime.io.of("/");
  const taskIds = await Promise.all(
    Array.from({ length: taskCount }, async () => {
      const { task_id } = await realtime.progress.create({ kind: "t", title: "T", owner_id: "ada" });
      await realtime.progress.report(task_id, { status: "running" });
      return task_id;
    }),
  );
  for (const [index, { atServer }] of members.entries()) {
    for (const [n, name] of rooms.entries()) if ((index + n) % 3 !== 0) atServer.join(name);
    for (const [n, taskId] of taskIds.entries()) if ((index + n) % 4 !== 0) atServer.join(taskRoom(taskId));
  }
  let events = 0;
  const nextEvent = (): number => {
    events += 1;
    return events;
  };
  const one = (index: number): Member => members[index] as Member;
  const idOf = (index: number): string => taskIds[index] as string;
  /** A task that has ended refuses further reports. */
  const ignore = (): void => {};

  for (const { step, pause } of programme) {
    await perform(step);
    await pauses[pause]?.();
  }
  for (const member of members) wake(member);
  await Promise.all(taskIds.map((taskId) => realtime.progress.complete(taskId).catch(ignore)));
  await answered(members);
  for (const member of members) tell(member, 0, "the end");

  function perform(step: Step): Promise<void> | void {
    switch (step.op) {
      case "broadcast": {
        const operator = namespace.to(step.to).except(step.except);
        (step.volatile ? operator.volatile : operator).emit("event", { n: nextEvent(), data: step.data });
        return;
      }
      case "broadcast from":
        one(step.who).atServer.to(step.to).emit("event", { n: nextEvent(), data: step.data });
        return;
      case "ask all":
        namespace.to(step.to).timeout(2000).emit("event", { n: nextEvent(), data: step.data }, ignore);
        return;
      case "tell":
        return tell(one(step.who), nextEvent(), step.data);
      case "question":
        return tell(one(step.who), nextEvent(), step.data, true);
      case "ask":
        return ask(one(step.who));
      case "report":
        return void realtime.progress.report(idOf(step.task), { current: nextEvent() }).catch(ignore);
      case "finish":
        return void realtime.progress.complete(idOf(step.task)).catch(ignore);
      case "join":
        return void one(step.who).atServer.join(step.room);
      case "leave":
        return void one(step.who).atServer.leave(step.room);
      case "watch":
        return void one(step.who).atServer.join(taskRoom(idOf(step.task)));
      case "unwatch":
        return void one(step.who).atServer.leave(taskRoom(idOf(step.task)));
      case "upgrade":
        return upgrade(one(step.who));
      case "sleep":
        return sleep(one(step.who));
      case "wake":
        return wake(one(step.who));
      case "go":
        return go(one(step.who), step.how);
      case "send away":
        return sendAway(one(step.who), step.how);
    }
  }

  /** Stops reading, and is sent so much that TCP accepts no more; then packets of both paths have to wait. */
  async function sleep(member: Member): Promise<void> {
    if (member.kind.transport !== "websocket" || member.gone !== null || member.asleep !== null) return;
    member.asleep = clientWebSocketOf(member);
    member.asleep.pause();
    const big = "z".repeat(250_000);
    while (bufferedBytes(member.atServer.conn) < fullBytes) {
      namespace.to(member.atServer.id).emit("event", { n: nextEvent(), data: big });
      await turn();
    }
    for (let count = 0; count < 2; count += 1) tell(member, nextEvent(), "waits");
  }
}

/** Upgrades as the client itself does after the handshake, at a moment that the programme chooses. */
function upgrade({ kind, socket }: Member): void {
  const { engine } = socket.io;
  if (kind.transport !== "upgrading" || !socket.connected || engine.transport.name !== "polling") return;
  (engine as unknown as { _probe(transport: string): void })._probe("websocket");
}

function wake(member: Member): void {
  member.asleep?.resume();
  member.asleep = null;
}

function go(member: Member, how: "say goodbye" | "close" | "drop"): void {
  if (member.gone !== null) return;
  member.gone = "by itself";
  if (how === "say goodbye") member.socket.disconnect();
  else if (how === "close") member.socket.io.engine.close();
  else if (member.kind.transport === "websocket") clientWebSocketOf(member)._socket.destroy();
  else member.socket.io.engine.close();
}

function sendAway(member: Member, how: "disconnect" | "close"): void {
  if (member.gone !== null) return;
  member.gone = "by the server";
  if (how === "disconnect") member.atServer.disconnect(true);
  else member.atServer.conn.close();
}
