import { createLog, type Log } from "@signalbox/server";

/** The first signal starts a graceful shutdown, the second exits at once. */
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

/** Logs an uncaught error in the log's format. As without this handler, the error ends the process. */
export function logFaults(log: Log): void {
  process.on("uncaughtException", (error) => {
    log.error({ err: error }, "An error was not caught. The process ends.");
    process.exit(1);
  });
}

/** Reports why the start failed, and ends the process. In production as a line of JSON, like all other output. */
export function exitWith(error: unknown): void {
  const line = sentence(error);
  if (process.env.NODE_ENV === "production") {
    createLog({ logLevel: "error", debug: false, debugParts: [] }, process.stderr).error({}, line);
  } else process.stderr.write(`${line}\n`);
  process.exit(1);
}

/** The problem and its fix, without a stack: such errors are the operator's to fix. */
function sentence(error: unknown): string {
  const { code, port, message } = error as NodeJS.ErrnoException & { port?: number };
  if (code === "EADDRINUSE") return `Port ${port} is in use. Stop what uses it, or set PORT to another.`;
  if (code === "EACCES" && port !== undefined)
    return `Port ${port} may not be used by this user. Set PORT to 1024 or more.`;
  if (code === "ENOTFOUND" || code === "EADDRNOTAVAIL") return `HOST is no address of this machine: ${message}.`;
  return message;
}
