import type { Link } from "../realtime.ts";
import { useStore } from "../store.ts";
import { useWorkspace } from "../workspace.ts";

/** The state of the connection, in words. Tests read the attributes. */
export function ConnectionStatus() {
  const { realtime } = useWorkspace();
  const link = useStore(realtime.link);
  const stuck = link.state === "refused" || link.state === "closed";
  return (
    <div class="connection">
      <p
        role="status"
        data-testid="connection-status"
        data-state={link.state}
        data-transport={link.transport ?? undefined}
      >
        {wordsOf(link)}
      </p>
      {stuck && (
        <button type="button" class="quiet" onClick={realtime.retry}>
          Connect again
        </button>
      )}
    </div>
  );
}

function wordsOf({ state, transport, message }: Link): string {
  switch (state) {
    case "connecting":
      return "Connecting…";
    case "connected":
      return transport === "websocket" ? "Live over WebSocket" : "Live over polling";
    case "reconnecting":
      return `${message ?? "The connection was lost."} Connecting again…`;
    case "refused":
      return `Not connected. ${message ?? "The server refused the connection."}`;
    case "closed":
      return `Not connected. ${message ?? "The connection was closed."}`;
  }
}
