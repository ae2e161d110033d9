/** The credential of a client in Node: a token that expires, one that cannot be had, and headers in any case. */
import type { Role } from "@signalbox/protocol";
import { bearerTokens } from "@signalbox/server/bearer";
import type { TestSessions } from "@signalbox/server/testing";
import { SignJWT } from "jose";
import { describe, expect, it } from "vitest";
import type { ClientOptions } from "../../src/index.ts";
import { createFakeEnvironment } from "../support/fake-environment.ts";
import { connect, connected, passUntilConnected, reached, startServer, status } from "../support/node-clients.ts";

const key = new TextEncoder().encode("a secret of the tests, long enough for it");
const claims = { iss: "https://login.example.com", aud: "signalbox" };

const sign = (exp: number, role: Role = "user") =>
  new SignJWT({ ...claims, sub: "ada", role, exp }).setProtectedHeader({ alg: "HS256" }).sign(key);

/** Server and client share one clock, which the test turns. */
async function bearerFixture(
  token: (environment: { now(): number }) => ReturnType<NonNullable<ClientOptions["token"]>>,
) {
  const environment = createFakeEnvironment();
  const clock = environment.clock;
  const sessions = bearerTokens({
    ...{ key, algorithms: ["HS256"], issuer: claims.iss, audience: claims.aud, clock },
    userOf: ({ sub = "", role }) => ({ userId: sub, username: sub, role: String(role) }),
  });
  const server = await startServer({ clock, sessions: sessions as TestSessions });
  const problems: unknown[] = [];
  const clients = connect({
    ...{ origin: server.url, environment, token: () => token(environment) },
    onProblem: ({ error }) => problems.push(error),
  });
  const statuses: string[] = [];
  clients.onState((state) => void statuses.push(state.status));
  return { server, environment, clients, problems, statuses };
}

const inSeconds = ({ now }: { now(): number }, seconds: number) => Math.floor(now() / 1000) + seconds;

describe("a bearer token that expires", () => {
  it("is replaced by the next one without a call, and the user is not asked to sign in", async () => {
    const { environment, clients, statuses } = await bearerFixture((now) => sign(inSeconds(now, 8)));
    clients.user();
    await connected(clients);
    for (let token = 0; token < 3; token += 1) {
      const lost = reached(clients.state, status("reconnecting"));
      await environment.pass(15_000);
      await lost;
      await connected(clients);
    }
    expect(statuses).not.toContain("auth_required");
  });

  it("ends the session when there is no other, and the client connects as soon as there is", async () => {
    let token = sign(0);
    const { environment, clients } = await bearerFixture(() => token);
    token = sign(inSeconds(environment, 8));
    clients.user();
    await connected(clients);
    const ended = reached(clients.state, status("auth_required", "session_ended"));
    await environment.pass(15_000);
    await ended;
    token = sign(inSeconds(environment, 600));
    await environment.pass(31_000);
    await passUntilConnected(environment, clients);
  });

  it("too soon after connecting makes no storm of connections", async () => {
    let asked = 0;
    const { server, environment, clients } = await bearerFixture((now) => {
      asked += 1;
      // Accepted for as long as the tolerance of the server's clock lasts.
      return sign(inSeconds(now, -3));
    });
    clients.user();
    await connected(clients);
    await environment.pass(60_000);
    expect(asked).toBeLessThan(20);
    // A connection that was given up is closed a moment after the next one is open.
    await expect.poll(() => server.realtime.io.engine.clientsCount).toBeLessThanOrEqual(1);
  });
});

describe("a token that cannot be had", () => {
  const fails: [what: string, token: () => unknown, problem: RegExp][] = [
    [
      "throws",
      () => {
        throw new Error("no token today");
      },
      /no token today/,
    ],
    ["rejects", () => Promise.reject(new Error("no token today")), /no token today/],
    ["never settles", () => new Promise(() => {}), /within 10000 ms/],
    ["gives a number", () => 42, /a number that is no token/],
    ["gives what no header can carry", () => "a token\n", /a string that is no token/],
  ];
  it.each(fails)(
    "because token() %s is told apart, reported and asked for again until it comes",
    async (_what, fail, problem) => {
      let ready = false;
      let asked = 0;
      const { environment, clients, problems, statuses } = await bearerFixture((now) => {
        asked += 1;
        return ready ? sign(inSeconds(now, 600)) : (fail() as string);
      });
      clients.user();
      // The time limit of a token begins when it is asked for.
      await expect.poll(() => asked).toBe(1);
      const failed = reached(clients.state, status("reconnecting", "token_unavailable"));
      await environment.pass(11_000);
      expect((await failed).diagnosis).toMatchObject({ code: "token_unavailable", retry: "backoff" });
      expect(String(problems[0])).toMatch(problem);
      ready = true;
      await environment.pass(20_000);
      await passUntilConnected(environment, clients);
      expect(statuses).not.toContain("auth_required");
    },
  );

  it.each([null, undefined, ""])(
    "because token() gives %j is no failure: the visitor is not signed in",
    async (none) => {
      const { clients, problems } = await bearerFixture(() => none);
      clients.user();
      await reached(clients.state, status("auth_required", "not_signed_in"));
      expect(problems).toEqual([]);
    },
  );

  it("for a second namespace leaves the first one connected", async () => {
    let ready = true;
    const { environment, clients } = await bearerFixture((now) => {
      if (!ready) throw new Error("no token today");
      return sign(inSeconds(now, 600), "admin");
    });
    const user = clients.user();
    await connected(clients);
    ready = false;
    const admin = clients.admin();
    await expect
      .poll(() => admin.status())
      .toMatchObject({ status: "refused", diagnosis: { code: "token_unavailable" } });
    expect(user.status().status).toBe("open");
    ready = true;
    const afterSecond = async () => {
      await environment.pass(1000);
      return admin.status().status;
    };
    await expect.poll(afterSecond).toBe("open");
    expect(clients.state.get().status).toBe("connected");
  });
});

describe("headers in Node", () => {
  it.each(["polling", "websocket"])("are sent whatever their case, over %s", async (transport) => {
    const server = await startServer({ env: { SOCKETIO_TRANSPORTS: transport } });
    const { cookie } = server.sessions.signIn({ userId: "ada" });
    const clients = connect({ origin: server.url, headers: { Origin: server.url, COOKIE: cookie } });
    clients.user();
    await connected(clients);
  });
});
