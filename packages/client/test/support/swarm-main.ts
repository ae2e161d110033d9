/**
 * Many clients as a process of their own: says when all are connected, and of each return how long after the
 * server's end it was planned and done. `URL_OF_SERVER`, `ORIGIN` and `CLIENTS` come from the environment.
 */
import { createClients } from "../../src/index.ts";
import type { FromSwarm, Return, ToSwarm } from "./swarm-process.ts";

const { URL_OF_SERVER: url = "", ORIGIN: origin = "", CLIENTS = "1" } = process.env;
const count = Number(CLIENTS);
/** Clients that open their first connection at a time. */
const batch = 50;

const say = (message: FromSwarm): void => void process.send?.(message, () => {});
let lostAt = 0;
let connected = 0;
let returns: Return[] = [];

process.on("message", (message: ToSwarm) => {
  lostAt = message.at;
  returns = [];
});
process.on("disconnect", () => process.exit());

function onReturn(plannedAt: number): void {
  connected += 1;
  if (lostAt > 0) returns.push({ plannedMs: plannedAt - lostAt, returnedMs: Date.now() - lostAt });
  if (connected === count) say({ type: "connected", returns });
}

function open(number: number): Promise<void> {
  const clients = createClients({ url, share: false, headers: { origin, cookie: `user=client-${number}` } });
  clients.user();
  return new Promise((resolve) => {
    let up = false;
    let plannedAt = 0;
    clients.onState(({ status, nextAttemptAt }) => {
      plannedAt = nextAttemptAt ?? plannedAt;
      const isUp = status === "connected";
      if (isUp === up) return;
      up = isUp;
      if (!up) {
        connected -= 1;
        return;
      }
      onReturn(plannedAt);
      resolve();
    });
  });
}

for (let number = 0; number < count; number += batch) {
  await Promise.all(Array.from({ length: Math.min(batch, count - number) }, (_, index) => open(number + index)));
}
