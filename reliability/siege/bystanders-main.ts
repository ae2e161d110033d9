/** The bystanders, in a process of their own: what attackers do to their own event loop must not count as a delay. */
import { monotonicMs } from "./calls.ts";
import { connectWith } from "./people.ts";
import type { FromBystanders, ToBystanders } from "./witnesses.ts";

const say = (message: FromBystanders): void => void process.send?.(message, () => {});
process.on("disconnect", () => process.exit());

const { URL: url = "", COUNT = "0" } = process.env;
const cookies = new Map<string, (cookie: string) => void>();
let delaysMs: number[] = [];
let lost = 0;

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
  socket.on("beat", ({ sentMs }: { sentMs: number }) => void delaysMs.push(monotonicMs() - sentMs));
  socket.on("disconnect", () => {
    lost += 1;
  });
}
say({ type: "placed" });
