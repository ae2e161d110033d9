/** Starts the workbench, says where it is, and stops it when asked to. */
import { startWorkbench } from "./create-workbench.ts";
import { sentence, stopOnSignal } from "./process.ts";

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
