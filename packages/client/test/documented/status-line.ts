/** Quoted in docs/client.md. */
import { clients } from "./client.ts";

// #region status

import "@signalbox/client/connection-status";

for (const line of document.querySelectorAll("connection-status")) {
  line.source = clients.state;
  line.addEventListener("retry", clients.retry);
}
// #endregion
