/** Whatever paths packets take, each client receives them in the order in which they were sent. */
import fc from "fast-check";
import { afterAll, beforeAll, expect, it } from "vitest";
import type { TestServer } from "../../../src/testing/index.ts";
import { due, gatherCrowd, type Member, misplaced } from "./crowd.ts";
import { startOpenServer } from "./fixture.ts";
import { carryOut, type Programme, programmes } from "./programme.ts";

/** The programmes are the same in each run; another seed covers other programmes. */
const seed = 20_260_101;
const runs = 250;
const timeLimitMs = 15_000;

let server: TestServer;
beforeAll(async () => {
  server = await startOpenServer({ PROGRESS_FLUSH_MS: "10", SIGNALBOX_MAX_BUFFERED_BYTES: "8000000" });
});
afterAll(() => server.close());

it("a client gets what it is sent in the order of sending, all of it if it stays, and up to some point if it goes", {
  timeout: 60_000,
}, async () => {
  await fc.assert(fc.asyncProperty(programmes, holdsFor), {
    seed,
    numRuns: runs,
    interruptAfterTimeLimit: timeLimitMs,
  });
});

async function holdsFor(programme: Programme): Promise<void> {
  const members = await gatherCrowd(server);
  try {
    await carryOut(programme, server, members);
    await expect
      .poll(() => members.every(isThrough), { interval: 2 })
      .toBe(true)
      .catch(() => {});
    for (const member of members) check(member);
  } finally {
    for (const { socket } of members) socket.close();
  }
}

const isThrough = ({ gone, received, socket }: Member): boolean =>
  gone === null ? received.at(-1) === "0: text of 7" : !socket.connected;

function check(member: Member): void {
  const { kind, received, states, gone } = member;
  const whose = `${kind.transport}, accepts [${kind.accepts}], gone ${gone}`;
  const expected = due(member);
  expect(received, whose).toEqual(gone === "by itself" ? expected.slice(0, received.length) : expected);
  expect(misplaced(states), whose).toEqual([]);
}
