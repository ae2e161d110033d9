/** The entry point of the `signalbox` command. */
import { run } from "./program.ts";

const stopping = new AbortController();
process.once("SIGINT", () => stopping.abort());
process.once("SIGTERM", () => stopping.abort());
// The reader of a pipe, such as `head`, may close it before the end of the output.
process.stdout.on("error", (error: NodeJS.ErrnoException) => process.exit(error.code === "EPIPE" ? 0 : 1));

process.exitCode = await run(process.argv.slice(2), {
  ...{ out: process.stdout, err: process.stderr, environment: process.env, signal: stopping.signal },
});
