import { fileURLToPath } from "node:url";
import type { Pinning } from "../../bench/process/pinning.ts";
import type { Besieged } from "./besieged.ts";

export type ToBystanders =
  | { readonly type: "take" }
  | { readonly type: "cookie"; readonly userId: string; readonly cookie: string };
export type FromBystanders =
  | { readonly type: "sign_in"; readonly userId: string }
  | { readonly type: "placed" }
  | { readonly type: "taken"; readonly delaysMs: number[]; readonly lost: number };

/** People who do nothing but listen to a word of their own ten times a second. */
export interface Witnesses {
  /** Delays of what has arrived since the last time, in milliseconds, and how many have lost their connection so far. */
  take(): Promise<{ delaysMs: number[]; lost: number }>;
  stop(): void;
}

export async function placeWitnesses(server: Besieged, pinning: Pinning, count: number): Promise<Witnesses> {
  const path = fileURLToPath(new URL("bystanders-main.ts", import.meta.url));
  const child = pinning.spawnLoad(process.execPath, ["--conditions=@signalbox/source", path], {
    env: { ...process.env, URL: server.url, SERVER_PID: String(server.pid), COUNT: String(count) },
    stdio: ["ignore", "inherit", "inherit", "ipc"],
  });
  let taken: ((answer: { delaysMs: number[]; lost: number }) => void) | undefined;
  await new Promise<void>((resolve) => {
    child.on("message", async (message: FromBystanders) => {
      if (message.type === "placed") resolve();
      else if (message.type === "taken") taken?.(message);
      else {
        const { userId } = message;
        const { cookie } = await server.call("signIn", { userId });
        child.send({ type: "cookie", userId, cookie } satisfies ToBystanders);
      }
    });
  });
  return {
    take: () =>
      new Promise((resolve) => {
        taken = resolve;
        child.send({ type: "take" } satisfies ToBystanders);
      }),
    stop: () => void child.kill(),
  };
}
