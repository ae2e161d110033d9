import { firstAdministrator } from "../peers/users.ts";
import { setClusterStage } from "./stage.ts";
const stage = await setClusterStage(1, 100);
const [node] = stage.nodes as [any];
await node.server.call("tasks", { count: 100 });
const users = { from: firstAdministrator, count: 100 };
await node.load.call("tokens", users);
await node.load.call("open", { ...users, count: 100, atOnce: 40 });
await node.load.call("watch", { tasks: 100, perClient: 1, choice: "blocks" });
for (let n = 0; n < 20; n += 1) {
  await node.server.call("progress", { tasks: 100, updatesPerSecond: 500, seconds: 20 });
  const { heapBytes } = await node.server.call("memory", {});
  console.log((n + 1) * 20, (heapBytes / 1e6).toFixed(2));
  if (n === 3 || n === 19) { process.kill(node.pid, "SIGUSR2"); await new Promise((r) => setTimeout(r, 15000)); }
}
await stage.close();
process.exit(0);
