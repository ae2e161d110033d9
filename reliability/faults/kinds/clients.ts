import { heartbeat, pause, type World } from "../world.ts";
import type { FaultKind, Scene } from "./kind.ts";

/** Without a network, for one client. */
async function offline({ world, client }: Scene, ms: number): Promise<void> {
  await world.disturb("lose", [client]);
  await pause(ms);
  await world.disturb("restore", [client]);
  world.record({ operation: "reachable", actor: client, at: Date.now() });
}

/** From now on and a heartbeat before: whether processes waited for a core so long that it fails, or an attempt is repeated. */
function watchHeartbeats({ stalled }: World): () => boolean {
  const stalledMs = stalled((heartbeat.interval + heartbeat.timeout) * 1000);
  return () => stalledMs() >= heartbeat.timeout * 1000;
}

export const clientFaults: readonly FaultKind[] = [
  {
    name: "offline_30s",
    fault: "a client is offline for 30 s",
    promise: "latest state of every watched task, every end once",
    atATime: 10,
    inject: (scene) => offline(scene, scene.quick ? 4000 : 30_000),
  },
  {
    name: "offline_1s",
    fault: "a client is offline for 1 s",
    promise: "latest state of every watched task, every end once",
    atATime: 4,
    compared: true,
    inject: (scene) => offline(scene, 1000),
  },
  {
    name: "slow_consumer",
    fault: "a client does not read",
    promise: "closed at the limit; others unchanged; misses nothing when it reads again",
    async inject({ world, client }) {
      const mayBeOut = watchHeartbeats(world);
      const isOut = new Set([client, ...(await world.disconnected(world.clients))]);
      const others = world.clients.filter((name) => !isOut.has(name));
      world.record({ operation: "silenced", actor: client, at: Date.now() });
      await world.disturb("freeze", [client]);
      const isClosed = await world.server.ask<boolean>("flood", world.sessionOf.get(client));
      world.promise("closed at the limit", isClosed, client);
      const lost = await world.disconnected(others);
      world.promise("others stay connected", lost.length === 0 || mayBeOut(), lost.join());
      await world.disturb("thaw", [client]);
      world.record({ operation: "heard", actor: client, at: Date.now() });
      world.record({ operation: "reachable", actor: client, at: Date.now() });
      // It has to find out, from what it reads now.
      await world.until(async () => (await world.audienceStatus([client])).connected === 0, 3000);
    },
  },
  {
    name: "reconnect_storm",
    fault: "every connection is reset at the same moment",
    promise: "everybody is back, with one session look-up each",
    // Looking at live sessions again now and then is not part of coming back.
    env: { SIGNALBOX_SESSION_RECHECK: "86400" },
    async inject({ world }) {
      const before = await world.serverStatus();
      const mayRepeat = watchHeartbeats(world);
      await world.disturb("cut", world.clients);
      await world.allWell();
      const { lookups } = await world.serverStatus();
      const made = lookups - before.lookups;
      const isKept = made <= world.clients.length || mayRepeat();
      world.promise("one session look-up each", isKept, `${made} for ${world.clients.length}`);
    },
  },
  {
    name: "transport_upgrade",
    fault: "a client moves from polling to WebSocket while states arrive",
    promise: "order and count intact",
    async inject({ world, client, number, random }) {
      // The third of each user stays on polling.
      const name = client.replace(/\.3$/, ".1");
      await world.renew(name, `+${number}`);
      const isUpgraded = await world.until(async () => (await world.audienceStatus([name])).upgraded === 1, 10_000);
      world.promise("moves to WebSocket", isUpgraded, name);
      await pause(500 + random() * 500);
    },
  },
  {
    name: "session_revoked",
    fault: "a session is revoked while states arrive, and another one opened",
    promise: "nothing delivered on it a second later",
    async inject({ world, client, number }) {
      const earlier = "+".repeat(Math.floor(number / world.clients.length));
      const session = `${world.sessionOf.get(client)}${earlier}`;
      await world.server.ask("revoke", session);
      world.record({ operation: "revoked", session, at: Date.now() });
      const isOut = await world.until(async () => (await world.audienceStatus([client])).connected === 0, 1000);
      world.promise("closed within a second", isOut, client);
      await pause(1500);
      await world.renew(client, `${earlier}+`);
    },
  },
];
