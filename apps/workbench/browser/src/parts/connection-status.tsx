import "@signalbox/client/connection-status";
import type { ConnectionStatusElement } from "@signalbox/client/connection-status";
import { useEffect, useRef } from "preact/hooks";
import { useStore } from "../store.ts";
import { useWorkspace } from "../workspace.ts";

/** The library's own status line, connected to the client. Tests read the attributes around it. */
export function ConnectionStatus() {
  const { clients } = useWorkspace();
  const { status, transport } = useStore(clients.state);
  const holder = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const line = document.createElement("connection-status") as ConnectionStatusElement;
    line.setAttribute("sign-in-url", "/sign-in");
    line.source = clients.state;
    line.addEventListener("retry", clients.retry);
    holder.current?.append(line);
    return () => line.remove();
  }, [clients]);
  return (
    <div
      ref={holder}
      class="connection"
      data-testid="connection-status"
      data-state={status}
      data-transport={transport ?? undefined}
    />
  );
}
