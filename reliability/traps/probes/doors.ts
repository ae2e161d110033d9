/** Which clients are let in at all, how many of them, and what becomes of those whose session changes. */
import { certain, connectFrame, foreign, passed, pollingPath, reached, refusalIn, upgradePath } from "../attacker.ts";
import type { Probe } from "../probe.ts";

export const doorProbes: readonly Probe[] = [
  {
    id: "T14",
    rule: "Two Origin headers are not taken for one",
    async run({ target, request }) {
      // Under one name in two spellings, since an object has each key once.
      const { status } = await request("GET", pollingPath(), { Origin: target.origin, origin: foreign });
      return { open: status === 200, seen: `GET: ${status}` };
    },
  },
  {
    id: "T14",
    rule: "The endpoint answers at its own path, not at whatever begins with it",
    async run({ target, request }) {
      const path = pollingPath().replace("/socket.io/", "/socket.io/admin/../");
      const { status } = await request("GET", path, { Origin: target.origin });
      return { open: status === 200, seen: `GET: ${status}` };
    },
  },
  {
    id: "A",
    rule: "A foreign page opens no WebSocket with its visitor's cookie",
    async run({ target, upgrade }) {
      const { cookie } = await target.app.signIn("a", "user");
      const { status } = await upgrade(upgradePath(), { Origin: foreign, Cookie: cookie });
      return { open: status === 101, seen: `upgrade: ${status}` };
    },
  },
  {
    id: "A",
    rule: "A foreign page opens no polling connection with its visitor's cookie",
    async run({ target, request }) {
      const { cookie } = await target.app.signIn("a", "user");
      const { status } = await request("GET", pollingPath(), { Origin: foreign, Cookie: cookie });
      return { open: status === 200, seen: `GET: ${status}` };
    },
  },
  {
    id: "B",
    rule: "After a logout nothing arrives on a live connection",
    async run(attacker) {
      const { app } = attacker.target;
      const wire = await attacker.enter(await app.signIn("b", "user"));
      await certain("notes arrive", () => reached(attacker, wire, "b", "before"));
      await app.signOut("b");
      await passed(1000);
      const open = await reached(attacker, wire, "b", "after logout");
      return { open, seen: open ? "delivered a second later" : "nothing arrives a second later" };
    },
  },
  {
    id: "B",
    rule: "An administrator who is demoted hears no more from `/admin`",
    async run(attacker) {
      const { app } = attacker.target;
      const wire = await attacker.enter(await app.signIn("b-admin", "admin"), "/admin");
      await certain("notes arrive", () => reached(attacker, wire, "b-admin", "before", "/admin"));
      await app.setRole("b-admin", "user");
      await passed(1000);
      const open = await reached(attacker, wire, "b-admin", "after demotion", "/admin");
      return { open, seen: open ? "delivered a second later" : "nothing arrives a second later" };
    },
  },
  {
    id: "E",
    rule: "A cookie alone, without the session's CSRF token, opens no connection",
    async run({ target, knock }) {
      const { cookie } = await target.app.signIn("e", "user");
      const refusal = refusalIn(await knock({ cookie, auth: {} }));
      return { open: refusal === undefined, seen: refusal === undefined ? "connected" : `refused: \`${refusal}\`` };
    },
  },
  {
    id: "F",
    rule: "The connections of one user are bounded",
    async run({ target, knock }) {
      const login = await target.app.signIn("f", "user");
      const asked = 40;
      await Promise.all(Array.from({ length: asked }, () => knock(login)));
      const { sockets } = await target.app.facts("f");
      return { open: sockets === asked, seen: `${sockets} of ${asked} let in` };
    },
  },
  {
    id: "F",
    rule: "New connections from one address are limited",
    async run({ open }) {
      const asked = 300;
      const opened = await Promise.allSettled(Array.from({ length: asked }, () => open()));
      const count = opened.filter(({ status }) => status === "fulfilled").length;
      return { open: count === asked, seen: `${count} of ${asked} opened` };
    },
  },
  {
    id: "G",
    rule: "Refusals do not fill the log: equal ones are folded",
    async run({ target, open }) {
      const before = (await target.app.facts("g")).logLines;
      const asked = 100;
      const wires = await Promise.all(Array.from({ length: asked }, () => open()));
      for (const wire of wires) wire.send(connectFrame({}));
      await certain("every one is refused", () =>
        wires.every(({ frames }) => frames.some((frame) => frame.startsWith("44"))),
      );
      const lines = (await target.app.facts("g")).logLines - before;
      return { open: lines >= asked, seen: `lines in the log for ${asked} refusals: ${lines}` };
    },
  },
];
