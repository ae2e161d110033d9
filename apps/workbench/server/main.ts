/** Starts the workbench, says where it is, and stops it when asked to. */
import { startWorkbench } from "./create-workbench.ts";

const say = (line: string): void => void process.stdout.write(`${line}\n`);

try {
  const workbench = await startWorkbench(process.env);
  if (workbench.administrator !== null) {
    const { email, password } = workbench.administrator;
    say(`Administrator: ${email}${password === null ? "" : `, password ${password} (shown once, so keep it)`}`);
  }
  say(`The workbench is running at ${workbench.url}`);
  stopOnSignal(() => workbench.close());
} catch (error) {
  process.stderr.write(`${sentence(error)}\n`);
  process.exit(1);
}

/** The first signal closes in order, the second ends at once. */
function stopOnSignal(close: () => Promise<void>): void {
  let closing = false;
  const stop = (): void => {
    if (closing) process.exit(1);
    closing = true;
    close().then(
      () => process.exit(0),
      (error: unknown) => {
        process.stderr.write(`Closing failed: ${sentence(error)}\n`);
        process.exit(1);
      },
    );
  };
  process.on("SIGINT", stop);
  process.on("SIGTERM", stop);
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
