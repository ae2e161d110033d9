/** A module as an application has it, loaded where nothing is rendered yet; the process is expected to end by itself. */
import "../../src/status/connection-status.ts";
import { createClients } from "../../src/index.ts";

export const clients = createClients();
const elsewhere = createClients({ url: "http://127.0.0.1:9", token: () => "a-token" });

clients.onState(({ status }) => process.send?.({ status }));
for (const use of [
  clients.user,
  clients.admin,
  clients.retry,
  () => clients.namespace("/own"),
  () => clients.http("/"),
]) {
  try {
    await use();
  } catch (error) {
    process.send?.({ refused: String(error) });
  }
}
clients.sessionChanged();
elsewhere.sessionChanged();
clients.close();
process.disconnect();
