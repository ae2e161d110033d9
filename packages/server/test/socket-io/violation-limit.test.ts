/**
 * A client that keeps sending refused events is disconnected: at once for a flood, within a minute for a steady stream.
 */
import { expect, it, onTestFinished } from "vitest";
import { connectClient, createFakeClock, startTestServer } from "../../src/testing/index.ts";

async function startOffence() {
  const clock = createFakeClock(Date.now());
  const server = await startTestServer({ clock, env: { SOCKETIO_RATE_LIMITING: "false" } });
  onTestFinished(() => server.close());
  const { cookie } = server.sessions.signIn({ userId: "mallory" });
  const client = await connectClient(server.url, { cookie });
  onTestFinished(() => client.close());
  /** Sends that many refused events within one second of the server's clock, and waits for the outcome. */
  async function offend(count: number): Promise<boolean> {
    const answers = Array.from({ length: count }, () => client.request("nope", {}).catch(() => "disconnected"));
    await Promise.all(answers);
    clock.advance(1000);
    return client.socket.connected;
  }
  return { offend, clock };
}

it("45 refusals a second are within the limit of a second, and end within that of a minute", async () => {
  const { offend } = await startOffence();
  const connected = [];
  for (let second = 0; second < 7; second += 1) connected.push(await offend(45));
  expect(connected).toEqual([true, true, true, true, true, true, false]);
});

it("an occasional burst of refusals does not disconnect the client", async () => {
  const { offend, clock } = await startOffence();
  for (let minute = 0; minute < 10; minute += 1) {
    expect(await offend(50)).toBe(true);
    clock.advance(30_000);
  }
  expect(await offend(51)).toBe(false);
});
