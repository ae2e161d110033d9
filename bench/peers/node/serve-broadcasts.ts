import { rmSync } from "node:fs";
import { createServer } from "node:net";
import { createInterface } from "node:readline";
import { monotonicUs, type Payload, payloadOf } from "../payloads.ts";

/**
 * Makes broadcasts when the load process asks for them: one turn of the event loop for each line, however many lines
 * came at once (see `Broadcasts` in peer.ts). The same for every server of our own.
 */
export function serveBroadcasts(path: string, broadcast: (payload: Payload) => void): void {
  const turns: string[] = [];

  function run(): void {
    const [broadcasts = 0, bytes = 0] = (turns.shift() ?? "").split(" ").map(Number);
    for (let made = 0; made < broadcasts; made += 1) broadcast(payloadOf(bytes, monotonicUs()));
    if (turns.length > 0) setImmediate(run);
  }

  // A server that was killed, and is started again, has left its socket behind.
  rmSync(path, { force: true });
  createServer((socket) => {
    createInterface({ input: socket }).on("line", (line) => {
      turns.push(line);
      if (turns.length === 1) setImmediate(run);
    });
    socket.on("error", () => {});
  }).listen(path);
}
