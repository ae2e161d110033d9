import { heartbeat, pause } from "../world.ts";
import type { FaultKind } from "./kind.ts";

/** Both ends must have noticed by then; the rest is for looking. */
const noticedMs = (heartbeat.interval + heartbeat.timeout) * 1000 + 1000;

export const stalls: readonly FaultKind[] = [
  {
    name: "frozen_process",
    fault: "SIGSTOP for 5 s, every tenth for 15 s",
    promise: "clients recover, nothing twice",
    compared: true,
    async inject({ world, number }) {
      const frozenMs = number % 10 === 9 ? 15_000 : 5000;
      world.record({ operation: "silenced", at: Date.now() });
      world.server.signal("SIGSTOP");
      await pause(frozenMs);
      world.server.signal("SIGCONT");
      world.record({ operation: "heard", at: Date.now() });
      world.record({ operation: "reachable", at: Date.now() });
    },
  },
  {
    name: "half_open",
    fault: "half-open TCP: a router between two network namespaces forwards nothing any more",
    promise: "both ends notice within ping interval + time-out (here 2 + 2 s)",
    needs: "network",
    async inject({ world, network, random }) {
      const swallow = (on: boolean) =>
        network === undefined ? world.disturb(on ? "freeze" : "thaw", world.clients) : network.forward(!on);
      world.record({ operation: "silenced", at: Date.now() });
      await swallow(true);
      const isNoticed = await world.until(async () => {
        const [{ connected }, { connections }] = [await world.audienceStatus(), await world.serverStatus()];
        return connected === 0 && connections === 0;
      }, noticedMs);
      const { connected } = await world.audienceStatus();
      const { connections } = await world.serverStatus();
      world.promise("both ends notice", isNoticed, `${connected} clients, ${connections} on the server did not`);
      await pause(random() * 500);
      await swallow(false);
      world.record({ operation: "heard", at: Date.now() });
      world.record({ operation: "reachable", at: Date.now() });
    },
  },
  {
    name: "held_back",
    fault: "lines that hold everything back for 0.2 to 6 s, then let it through or break",
    promise: "latest state of every task, nothing twice",
    compared: true,
    async inject({ world, random }) {
      const names = world.clients.filter(() => random() < 0.3);
      const breaks = random() < 0.5;
      for (const actor of names) world.record({ operation: "silenced", actor, at: Date.now() });
      await world.disturb("freeze", names);
      await pause(200 + random() ** 2 * 5800);
      if (breaks) await world.disturb("cut", names);
      await world.disturb("thaw", names);
      for (const actor of names) world.record({ operation: "heard", actor, at: Date.now() });
      for (const actor of names) world.record({ operation: "reachable", actor, at: Date.now() });
    },
  },
];
