import { createLog, type Log } from "@signalbox/server";

/** The first signal closes in order, the second ends at once. */
export function stopOnSignal(log: Log, close: () => Promise<void>): void {
  let closing = false;
  const stop = (signal: NodeJS.Signals): void => {
    if (closing) {
      log.warn({ signal }, "A second signal: stopping at once.");
      process.exit(1);
    }
    closing = true;
    log.info({ signal }, "Draining: connections are closed, and what is under way is ended.");
    close().then(
      () => {
        log.info({}, "Stopped.");
        process.exit(0);
      },
      (error: unknown) => {
        log.error({ err: error }, `Closing failed: ${sentence(error)}`);
        process.exit(1);
      },
    );
  };
  process.on("SIGINT", stop);
  process.on("SIGTERM", stop);
}

/** An error that nothing caught ends the process, as without this, but as a line of the log. */
export function logFaults(log: Log): void {
  process.on("uncaughtException", (error) => {
    log.error({ err: error }, "An error was not caught. The process ends.");
    process.exit(1);
  });
}

/** Says why there is no start, and ends the process. In production as a line of JSON, like everything else. */
export function exitWith(error: unknown): void {
  const line = sentence(error);
  if (process.env.NODE_ENV === "production") {
    createLog({ logLevel: "error", debug: false, debugParts: [] }, process.stderr).error({}, line);
  } else process.stderr.write(`${line}\n`);
  process.exit(1);
}

/** What went wrong, and what to do, without a stack: these are the operator's to mend. */
function sentence(error: unknown): string {
  const { code, port, message } = error as NodeJS.ErrnoException & { port?: number };
  if (code === "EADDRINUSE") return `Port ${port} is in use. Stop what uses it, or set PORT to another.`;
  if (code === "EACCES" && port !== undefined)
    return `Port ${port} may not be used by this user. Set PORT to 1024 or more.`;
  if (code === "ENOTFOUND" || code === "EADDRNOTAVAIL") return `HOST is no address of this machine: ${message}.`;
  return message;
}
