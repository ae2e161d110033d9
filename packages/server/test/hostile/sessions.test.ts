/** Case B: the server decides at this moment what a session allows; without a session, a connection gets no slot. */
import { describe, expect } from "vitest";
import { type RawHeaders, type RawResponse, startStopwatch } from "../../src/testing/index.ts";
import { hostileCase, oneMoment } from "./harness.ts";

const polling = "/socket.io/?EIO=4&transport=polling";
const http = ["polling"] as const;
const soon = { SIGNALBOX_CONNECT_TIMEOUT: "1" };
const none = { auth: {} };

describe("without a valid session", () => {
  for (const [what, cookie, code] of [
    ["none", undefined, "session_missing"],
    ["garbage", "test.sid=garbage", "session_invalid"],
    ["a badly signed one", "test.sid=s%3Aabc.forged", "session_invalid"],
    ["broken percent-encoding", "test.sid=%E0%A4%A", "session_invalid"],
    ["10 KB of cookie", `test.sid=${"a".repeat(10_000)}`, "session_invalid"],
  ] as const) {
    hostileCase(
      `${what} is refused, and the connection is closed soon`,
      { records: { auth_failed: 1 }, env: soon },
      async ({ open, server }) => {
        const raw = await open(cookie === undefined ? {} : { Cookie: cookie });
        raw.send("40");
        expect(await raw.next((frame) => frame.startsWith("44"))).toContain(code);
        await expect.poll(() => server.realtime.io.engine.clientsCount).toBe(1);
      },
    );
  }

  hostileCase("an expired one is refused", { records: { auth_failed: 1 } }, async ({ signIn, refusal }) => {
    const { cookie } = signIn({ expiresAt: Date.now() - 1 });
    expect((await refusal({ cookie, ...none })).code).toBe("session_expired");
  });

  hostileCase("a login afterwards makes no member of a connection", { records: { auth_failed: 1 } }, async (attack) => {
    const raw = await attack.open();
    const { cookie } = attack.signIn();
    raw.send(await attack.connectPacket(cookie));
    expect(await raw.next((frame) => frame.startsWith("44"))).toContain("session_missing");
  });
});

hostileCase(
  "2,000 connections that never CONNECT are capped for their address, which is blocked for guests, and closed within 5 s",
  { records: { rate_limited: 1881, blocked: 1 }, env: soon, clock: oneMoment, withinMs: 120_000 },
  async ({ knock, server }) => {
    const answers: RawResponse[] = [];
    // Fewer at a time than the backlog of a listening socket (511): beyond it the kernel itself resets connections.
    // The attacker runs in the same process as the server of the bystander.
    for (let n = 0; n < 2000; n += 50) {
      answers.push(...(await Promise.all(Array.from({ length: 50 }, () => knock([["Origin", server.url]])))));
    }
    const opened = answers.filter(({ status }) => status === 200 || status === 101).length;
    expect(opened).toBeLessThanOrEqual(120);
    expect(answers.filter(({ status }) => status === 429)).toHaveLength(2000 - opened);
    await expect.poll(() => server.realtime.io.engine.clientsCount).toBe(1);
  },
);

describe("the sid of another user", () => {
  hostileCase(
    "is of no use to another session, and its owner stays",
    { records: { auth_failed: 6 }, over: http },
    async (attack) => {
      const owner = await attack.connect({ as: { userId: "ada" } });
      const sid = owner.socket.io.engine.id;
      attack.hide(sid);
      const other: RawHeaders = [
        ["Origin", attack.server.url],
        ["Cookie", attack.signIn().cookie],
      ];
      for (const headers of [other, other.slice(0, 1)]) {
        expect((await attack.send("GET", `${polling}&sid=${sid}`, headers)).status).toBe(403);
        expect((await attack.send("POST", `${polling}&sid=${sid}`, headers, "1")).status).toBe(403);
        expect((await attack.knock(headers, `&sid=${sid}`)).status).toBe(403);
      }
      expect(await owner.request("check_connection", {})).toMatchObject({ ok: true });
    },
  );
});

describe("a session that ends", () => {
  hostileCase("by its expiry, while idle, is closed", { records: { session_revoked: 1 } }, async ({ connect }) => {
    const client = await connect({ as: { expiresAt: Date.now() + 3000 } });
    expect(await client.next("session_ending")).toMatchObject({ reason: "expired" });
    await client.disconnected(1000);
  });

  for (const [reason, type] of [
    ["removed", "session_revoked"],
    ["banned", "banned"],
  ] as const) {
    hostileCase(
      `because its user was ${reason} is closed within a second`,
      { records: { [type]: 1 } },
      async ({ connect, server }) => {
        const client = await connect();
        server.sessions.end({ userId: "mallory" }, reason);
        expect(await client.next("session_ending", 1000)).toMatchObject({ reason });
        await client.disconnected(1000);
      },
    );
  }

  hostileCase(
    "by rotation lets its user come back, with the final event",
    { records: { session_revoked: 1 } },
    async (attack) => {
      const { cookie, ref } = attack.signIn();
      const client = await attack.connect({ cookie });
      const { progress } = attack.server.realtime;
      const { task_id } = await progress.create({ kind: "t", title: "T", owner_id: "mallory" });
      await client.request("join_task", { task_id });
      const renewed = attack.signIn().cookie;
      attack.server.sessions.end({ ref }, "signed_out");
      await client.disconnected(1000);
      await progress.complete(task_id);
      const again = await attack.connect({ cookie: renewed });
      expect((await again.request("join_task", { task_id })).task.status).toBe("completed");
    },
  );
});

hostileCase(
  "/admin as a user is refused each time, written down, and the tenth closes",
  { records: { admin_denied: 10 } },
  async (attack) => {
    const { cookie } = attack.signIn();
    const raw = await attack.open({ Cookie: cookie });
    const packet = await attack.connectPacket(cookie, "/admin");
    for (let n = 1; n <= 10; n += 1) {
      raw.send(packet);
      await expect.poll(() => raw.frames.filter((frame) => frame.includes("forbidden")).length).toBe(n);
    }
    await expect.poll(raw.isOpen).toBe(false);
  },
);

describe("a session store", () => {
  for (const health of ["failing", "hanging"] as const) {
    hostileCase(
      `that is ${health} refuses as unavailable in time, with nothing left`,
      { records: "nothing", env: soon },
      async ({ signIn, refusal, server }) => {
        const { cookie } = signIn();
        server.sessions.setHealth(health);
        const elapsed = startStopwatch();
        expect((await refusal({ cookie, ...none })).code).toBe("unavailable");
        expect(elapsed()).toBeLessThan(5000);
      },
    );
  }
});

describe("the handshake's auth", () => {
  const pollution = JSON.parse('{"__proto__":{"role":"admin"},"constructor":{"prototype":{"role":"admin"}}}');
  hostileCase("naming a role, a user or a prototype is not listened to", { records: "nothing" }, async (attack) => {
    const { cookie } = attack.signIn();
    const csrf = await attack.csrfOf(cookie);
    const claims = {
      ...{ role: "admin", user_id: "root", principal: { role: "admin" }, session: { role: "admin" } },
      csrf,
    };
    const client = await attack.connect({ cookie, auth: Object.assign(Object.create(null), claims, pollution) });
    expect(await client.next("connection_established")).toMatchObject({ user_id: "mallory", role: "user" });
    expect(({} as { role?: string }).role).toBeUndefined();
  });

  hostileCase("of other types is refused", { records: { payload_invalid: 1 } }, async ({ signIn, open }) => {
    const raw = await open({ Cookie: signIn().cookie });
    raw.send('40{"csrf":{"length":1},"token":[]}');
    expect(await raw.next((frame) => frame.startsWith("44"))).toContain("payload_invalid");
  });

  for (const [what, auth, type] of [
    ["of 60 KB", JSON.stringify({ csrf: "a".repeat(60_000) }), "payload_too_large"],
    ["nested 5,000 deep", `{"x":${"[".repeat(5000)}${"]".repeat(5000)}}`, "payload_invalid"],
  ] as const) {
    hostileCase(`${what} closes the connection`, { records: { [type]: 1 } }, async ({ signIn, open, server }) => {
      const raw = await open({ Cookie: signIn().cookie });
      raw.send(`40${auth}`);
      await expect.poll(() => server.realtime.io.engine.clientsCount).toBe(1);
      expect(server.realtime.io.of("/").sockets.size).toBe(1);
    });
  }
});
