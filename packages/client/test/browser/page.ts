/** The page under test: an application as small as it can be. Its address says what it wants. */
import "../../src/status/connection-status.ts";
import { type Clients, type ConnectionState, createClients, type Problem } from "../../src/index.ts";

declare global {
  interface Window {
    readonly clients: Clients;
    /** Every state there was, in order. */
    readonly history_: ConnectionState[];
    readonly problems: string[];
    /** Events of the page's life that the browser dispatched. */
    readonly lifecycle: string[];
  }
}

const query = new URLSearchParams(location.search);
const url = query.get("url");
const problems: string[] = [];
const history_: ConnectionState[] = [];
const lifecycle: string[] = [];

const clients = createClients({
  ...(url !== null && { url }),
  share: query.get("share") === "true",
  onProblem: ({ kind, error }: Problem) => problems.push(`${kind}: ${error}`),
});
Object.assign(window, { clients, history_, problems, lifecycle });

clients.onState((state) => {
  history_.push(state);
  const sentence = document.querySelector("#sentence");
  if (sentence !== null) sentence.textContent = state.diagnosis?.message ?? "";
});
const status = document.querySelector("connection-status");
if (status !== null) status.source = clients.state;
addEventListener("retry", () => clients.retry());

for (const event of ["pageshow", "pagehide"] as const) {
  addEventListener(event, ({ persisted }) => lifecycle.push(`${event} ${persisted}`));
}
for (const event of ["freeze", "resume"]) document.addEventListener(event, () => lifecycle.push(event));

for (const namespace of (query.get("namespaces") ?? "user").split(",")) {
  if (namespace === "admin") clients.admin();
  else clients.user();
}
