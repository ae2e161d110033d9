// `npm run cluster`: as `npm start`, with servers of Debian's packages, and several processes.
import { spawn, spawnSync } from "node:child_process";
import { nodeBinary, prepare } from "./prepare.mjs";

prepare({ build: true });
const { status } = spawnSync("sh", ["scripts/ensure-servers.sh"], { stdio: "inherit" });
if (status !== 0) process.exit(1);
// In a process group of its own: a terminal sends Ctrl+C to its whole group, and a second signal ends at once.
const cluster = spawn(nodeBinary, ["scripts/cluster.ts"], { stdio: "inherit", detached: true });
for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => cluster.kill(signal));
cluster.on("exit", (code) => process.exit(code ?? 1));
