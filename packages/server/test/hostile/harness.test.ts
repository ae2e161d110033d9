/** Tests of the harness itself: each of these attacks does one thing that a case must always detect. */
import { connect } from "node:net";
import { expect, it, onTestFinished } from "vitest";
import { startStopwatch, transports } from "../../src/testing/index.ts";
import { afterOwnTime } from "../../src/testing/own-time.ts";
import type { Attacker } from "./attacker.ts";
import { hostileCase, problemsOf } from "./harness.ts";
import { lineProblems } from "./log-lines.ts";
import type { Records } from "./records.ts";

type Attack = (attack: Attacker) => Promise<void>;

const foreign = [["Origin", "https://evil.example"]] as const;

async function expectFound(attack: Attack, problem: RegExp, records: Records = "nothing"): Promise<void> {
  const problems = await problemsOf("websocket", { records }, attack);
  expect(problems).toContainEqual(expect.stringMatching(problem));
}

const pause = (ms: number) => new Promise<void>((resolve) => afterOwnTime(ms, resolve));

hostileCase("nothing is found where nothing was done", { records: "nothing" }, async () => {});

hostileCase("what an attacker has opened is closed for them", { records: "nothing" }, async (attack) => {
  await attack.connect();
  await attack.enter();
  await attack.open();
  await attack.openSid();
  await attack.tcp("GET / HTTP/1.1\r\n");
});

it("finds an event loop that stood still for 600 ms", () =>
  expectFound(async () => {
    await pause(200);
    const elapsed = startStopwatch();
    while (elapsed() < 600);
  }, /stream has a gap of \d+ ms|came \d+ ms after its report/));

it("finds an update that came late", () =>
  expectFound(async ({ server }) => {
    const { report } = server.realtime.progress;
    server.realtime.progress.report = async (...args) => {
      await pause(600);
      return report(...args);
    };
    await pause(1000);
  }, /update \d+ came \d+ ms after its report/));

it("finds reports that were lost", () =>
  expectFound(async ({ server }) => {
    const { report } = server.realtime.progress;
    let calls = 0;
    server.realtime.progress.report = async (taskId, change) => {
      calls += 1;
      return calls % 4 === 0 ? report(taskId, change) : ((await server.realtime.progress.get(taskId)) as never);
    };
    await expect.poll(() => calls).toBeGreaterThan(8);
  }, /updates skip from \d+ to \d+/));

it("finds a bystander who was disconnected", () =>
  expectFound(async ({ server }) => {
    server.realtime.io.of("/").disconnectSockets(true);
  }, /stream has ended/));

it("finds a connection that is left", () =>
  expectFound(async ({ server }) => {
    const socket = connect(server.port, "127.0.0.1").on("error", () => {});
    onTestFinished(() => void socket.destroy());
    await new Promise((resolve) => socket.once("connect", resolve));
  }, /file descriptors before, and now/));

it("finds a socket that waits for its admission for good", () =>
  expectFound(async ({ server, open, signIn, connectPacket }) => {
    const root = server.realtime.io.of("/");
    root.use(() => {});
    const { cookie } = signIn();
    (await open({ Cookie: cookie })).send(await connectPacket(cookie));
    await expect.poll(() => root).toHaveProperty("_preConnectSockets.size", 1);
  }, /sockets on their way into \/ before, and now/));

it("finds an unhandled rejection and an uncaught exception", async () => {
  await expectFound(async () => {
    void Promise.reject(new Error("forgotten"));
  }, /unhandledRejection: Error: forgotten/);
  await expectFound(async () => {
    setImmediate(() => {
      throw new Error("thrown");
    });
  }, /uncaughtException: Error: thrown/);
});

it("finds a secret in the log", () =>
  expectFound(
    async (attack) => {
      const { cookie } = attack.signIn();
      await attack.send("GET", "/socket.io/?EIO=4&transport=polling", [["Origin", `https://evil.example/${cookie}`]]);
    },
    /The log tells/,
    "origin_refused",
  ));

it("finds security events that are missing, different, too many, or wrongly counted", async () => {
  const knock = (times: number) => async (attack: Attacker) => {
    for (let n = 0; n < times; n += 1) await attack.knock(foreign);
  };
  await expectFound(knock(0), /no line of origin_refused/, "origin_refused");
  await expectFound(knock(1), /1 lines of origin_refused instead of 0/, "auth_failed");
  await expectFound(knock(2), /counts 2 of origin_refused instead of 3/, { origin_refused: 3 });
  const twoLines: Attack = async (attack) => {
    await attack.refusal({ cookie: "test.sid=garbage", auth: {} });
    await attack.refusal();
  };
  await expectFound(twoLines, /2 lines of auth_failed instead of 1/, "auth_failed");
});

it("finds that listeners pile up", () =>
  expectFound(async () => {
    process.emitWarning("many", "MaxListenersExceededWarning");
  }, /MaxListenersExceededWarning/));

it("finds a line that is not one line of JSON, or that a terminal would obey", () => {
  const good = '{"level":30,"msg":"a"}\n';
  const bad = ["", "text\n", '{"a":1}', '{"a":1}\n{"b":2}\n', '"text"\n', '{"a":"\u009b2J"}\n', '{"a":"\u202e"}\n'];
  expect(lineProblems([good, ...bad], new Set())).toHaveLength(bad.length);
});

it.each(transports)("an attack that finds a fault itself fails the case, over %s", async (transport) => {
  const failing = problemsOf(transport, { records: "nothing" }, async () => {
    throw new Error("The gate is open.");
  });
  await expect(failing).rejects.toThrow("The gate is open.");
});
