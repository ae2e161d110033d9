// `npm start`: installs what is missing, builds what has changed, and starts the reference application.
// Plain JavaScript without dependencies: it runs before anything is installed, on whatever Node is there.
import { spawn } from "node:child_process";
import { nodeBinary, prepare } from "./prepare.mjs";

prepare({ build: true });
const server = spawn(nodeBinary, ["apps/workbench/dist/server/main.js"], { stdio: "inherit" });
for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => server.kill(signal));
server.on("exit", (code, signal) => process.exit(signal === null ? code : 1));
