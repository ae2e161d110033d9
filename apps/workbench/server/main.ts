/** Starts the workbench, logs its address, and stops it on a signal. */
import { startWorkbench, type Workbench } from "./create-workbench.ts";
import { exitWith, logFaults, stopOnSignal } from "./process.ts";

try {
  const workbench = await startWorkbench(process.env);
  logFaults(workbench.log);
  if (workbench.production) logStart(workbench);
  else printStart(workbench);
  stopOnSignal(workbench.log, () => workbench.close());
} catch (error) {
  exitWith(error);
}

/** In production every line is JSON, and no line contains a password. */
function logStart({ log, url, administrator }: Workbench): void {
  if (administrator !== null) {
    const { email, passwordFile } = administrator;
    const from = passwordFile === null ? "ADMIN_PASSWORD" : passwordFile;
    log.info({ email }, `The first administrator was made. The password is in ${from}.`);
  }
  log.info({ url }, `The workbench is running at ${url}`);
}

function printStart({ url, administrator }: Workbench): void {
  const say = (line: string): void => void process.stdout.write(`${line}\n`);
  if (administrator !== null) {
    const { email, password } = administrator;
    say(`Administrator: ${email}${password === null ? "" : `, password ${password} (shown once, so keep it)`}`);
  }
  say(`The workbench is running at ${url}`);
}
