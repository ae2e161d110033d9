/** The bystanders, in a process of their own: what attackers do to their own event loop must not count as a delay. */
import { withheldOf } from "../../packages/server/src/testing/withheld.ts";
import { type Beat, monotonicMs } from "./calls.ts";
import { connectWith } from "./people.ts";
import type { FromBystanders, ToBystanders } from "./witnesses.ts";

const say = (message: FromBystanders): void => void process.send?.(message, () => {});
process.on("disconnect", () => process.exit());

const { URL: url = "", SERVER_PID = "", COUNT = "0" } = process.env;
const cookies = new Map<string, (cookie: string) => void>();
let delaysMs: number[] = [];
let lost = 0;
/** How long this process had waited for a core when it had last dealt with beats. */
let withheldBefore = withheldOf("self");
let isLooking = false;

/** From the emit to the handler, without the time for which either process waited for a core. */
function note(beat: Beat): void {
  const delay = monotonicMs() - beat.sentMs;
  const server = withheldOf(Number(SERVER_PID)) - beat.withheldMs;
  const own = withheldOf("self") - withheldBefore;
  delaysMs.push(Math.max(0, delay - server - own));
  if (isLooking) return;
  isLooking = true;
  setImmediate(() => {
    withheldBefore = withheldOf("self");
    isLooking = false;
  });
}

process.on("message", (message: ToBystanders) => {
  if (message.type === "cookie") return cookies.get(message.userId)?.(message.cookie);
  say({ type: "taken", delaysMs, lost });
  delaysMs = [];
});

for (let number = 0; number < Number(COUNT); number += 1) {
  const userId = `bystander-${number}`;
  const cookie = await new Promise<string>((resolve) => {
    cookies.set(userId, resolve);
    say({ type: "sign_in", userId });
  });
  const { socket } = await connectWith(url, { cookie, address: number }, "websocket");
  socket.on("beat", note);
  socket.on("disconnect", () => {
    lost += 1;
  });
}
say({ type: "placed" });
