import type { ClientConfig } from "@signalbox/protocol";
import { openAttempt } from "../attempt.ts";
import type { Environment } from "../environment.ts";

const trialMs = 3000;

/** Opens a WebSocket beside the connection, joins no namespace, and closes it. Resolves to whether it opened. */
export function webSocketWorks(
  url: string,
  config: ClientConfig,
  headers: Readonly<Record<string, string>>,
  environment: Environment,
): Promise<boolean> {
  return new Promise((resolve) => {
    const cancel = environment.after(trialMs, () => finish(false));
    const trial = openAttempt({
      ...{ url, config, headers, transports: ["websocket"], namespaces: [], auth: async () => ({}) },
      on: { down: () => finish(false) },
    });
    void trial.opened.then(() => finish(true));
    function finish(works: boolean): void {
      cancel();
      trial.close();
      resolve(works);
    }
  });
}
