/** Attacks with a connection: another user's, one of many, one without a session. */
import {
  certain,
  connectFrame,
  foreign,
  notes,
  passed,
  pollingPath,
  reached,
  refusalIn,
  until,
  upgradePath,
} from "../attacker.ts";
import type { Probe } from "../probe.ts";

/** The first is few enough that no client is closed for it. */
const bursts = [5, 50];
const refusedConnects = 100;

export const connectionProbes: readonly Probe[] = [
  {
    id: "T1",
    rule: "A known `sid` does not let a foreign page without the session's cookie poll, post or upgrade",
    async run({ target, openPolling, request, upgrade }) {
      const { cookie } = await target.app.signIn("t1", "user");
      const sid = await openPolling(cookie);
      const post = await request("POST", pollingPath(sid), { Origin: foreign }, "40");
      const get = await request("GET", pollingPath(sid), { Origin: foreign });
      const upgraded = await upgrade(upgradePath(sid), { Origin: foreign });
      const statuses = [post.status, get.status, upgraded.status];
      return { open: statuses.some((status) => status < 300), seen: `POST, GET, upgrade: ${statuses.join(", ")}` };
    },
  },
  {
    id: "T2",
    rule: "A second poll with somebody's `sid` does not end their connection",
    async run({ target, openPolling, request }) {
      const { cookie, auth } = await target.app.signIn("t2", "user");
      const sid = await openPolling(cookie);
      const own = { Origin: target.origin, Cookie: cookie };
      await request("POST", pollingPath(sid), own, connectFrame(auth));
      await certain("the owner is connected", async () => (await target.app.facts("t2")).sockets === 1);
      await request("GET", pollingPath(sid), own);
      const waiting = request("GET", pollingPath(sid), own).then(
        () => {},
        () => {},
      );
      await passed(100);
      const { status } = await request("GET", pollingPath(sid), {});
      const left = await until(async () => (await target.app.facts("t2")).sockets === 0, 500);
      await target.app.note("/", "t2", "done", 1);
      await waiting;
      return { open: left, seen: `GET: ${status}, the owner is ${left ? "gone" : "connected"}` };
    },
  },
  {
    id: "T3",
    rule: "A connection has one socket in a namespace, however many CONNECTs arrive at once",
    async run(attacker) {
      const { app } = attacker.target;
      const seen: string[] = [];
      let open = false;
      for (const burst of bursts) {
        const userId = `t3-${burst}`;
        const { cookie, auth } = await app.signIn(userId, "user");
        const wire = await attacker.open({ cookie });
        wire.send(...Array.from({ length: burst }, () => connectFrame(auth)));
        await until(async () => !wire.isOpen() || (await app.facts(userId)).sockets > 0);
        await reached(attacker, wire, userId, "copies");
        await passed(100);
        const copies = notes(wire, "copies");
        open ||= wire.isOpen() ? copies !== 1 : copies > 1;
        seen.push(
          `${burst} CONNECTs: ${copies} ${copies === 1 ? "copy" : "copies"} of an emit${wire.isOpen() ? "" : ", closed"}`,
        );
      }
      return { open, seen: seen.join(", ") };
    },
  },
  {
    id: "T4",
    rule: "What one user missed is not handed to another who names their recovery id",
    async run(attacker) {
      const { app } = attacker.target;
      const [victim, thief] = [await app.signIn("t4", "user"), await app.signIn("t4-thief", "user")];
      const theirs = await attacker.enter(victim);
      await certain("the owner gets what is sent", () => reached(attacker, theirs, "t4", "seen"));
      const pid = /"pid":"([^"]+)"/.exec(theirs.frames.join("\n"))?.[1] ?? "none";
      const offset = /"seen","([^"]+)"/.exec(theirs.frames.join("\n"))?.[1] ?? "none";
      theirs.socket.terminate();
      await certain("the owner is away", async () => (await app.facts("t4")).sockets === 0);
      await app.note("/", "t4", "missed", 1);
      const wire = await attacker.enter({ ...thief, auth: { ...thief.auth, pid, offset } });
      await reached(attacker, wire, "t4", "later");
      const stolen = notes(wire, "missed") + notes(wire, "later");
      return { open: stolen > 0, seen: `${stolen} of 2 messages went to the other user` };
    },
  },
  {
    id: "T5",
    rule: "Refused CONNECTs are counted, and the connection is closed for them",
    async run({ target, enter }) {
      const login = await target.app.signIn("t5", "user");
      const wire = await enter(login);
      const refusals = () => wire.frames.filter((frame) => frame.startsWith("44")).length;
      for (let sent = 1; sent <= refusedConnects && wire.isOpen(); sent += 1) {
        wire.send(connectFrame(login.auth, "/admin"));
        await until(() => refusals() === sent || !wire.isOpen());
      }
      const end = wire.isOpen() ? "still open" : "closed";
      return { open: wire.isOpen(), seen: `${refusals()} refused, ${end}` };
    },
  },
  {
    id: "T6",
    rule: "A connection that left its last namespace is closed",
    patient: true,
    async run({ target, enter }) {
      const wire = await enter(await target.app.signIn("t6", "user"));
      wire.send("41");
      const closed = await until(() => !wire.isOpen(), 7000);
      return { open: !closed, seen: closed ? "closed" : "open after 7 s (connectTimeout: 5 s)" };
    },
  },
  {
    id: "T7",
    rule: "A session store that hangs leaves no client without an answer, and nothing behind",
    patient: true,
    async run({ target, knock }) {
      const wire = await knock(await target.app.signIn("hangs", "user"));
      const refusal = refusalIn(wire);
      wire.socket.terminate();
      await passed(200);
      const { undecided } = await target.app.facts("hangs");
      const answer = refusal === undefined ? "no answer" : `refused: \`${refusal}\``;
      return { open: refusal === undefined || undecided > 0, seen: `${answer}, ${undecided} left behind` };
    },
  },
  {
    id: "T7",
    rule: "A session store that fails does not end the process",
    async run({ target, open }) {
      const { cookie, auth } = await target.app.signIn("throws", "user");
      const wire = await open({ cookie });
      wire.send(connectFrame(auth));
      await until(() => wire.frames.length > 1 || !target.isAlive());
      await passed(200);
      return exitOf(target.isAlive());
    },
  },
];

/** Whether an attack has ended the process. */
export const exitOf = (alive: boolean) => ({ open: !alive, seen: alive ? "the process runs" : "the process exited" });
