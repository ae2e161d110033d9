/** A page on an origin of its own: the server and a token come with the address. */
import "@signalbox/client/connection-status";
import { createClients } from "@signalbox/client";
import type {} from "@signalbox/client/connection-status/react";
import { StrictMode, useEffect, useState } from "react";
import { createRoot } from "react-dom/client";

const parameters = new URLSearchParams(location.hash.slice(1));
const taskId = parameters.get("task") ?? "";
const clients = createClients({
  url: parameters.get("server") ?? "",
  token: () => parameters.get("token") ?? "",
});

function App() {
  const [status, setStatus] = useState("waiting");

  useEffect(() => {
    const watching = clients.user().tasks.watch(taskId);
    const stop = watching.subscribe(({ task }) => task !== null && setStatus(task.status));
    return () => stop();
  }, []);

  return (
    <>
      <connection-status source={clients.state} />
      <p role="status">{status}</p>
    </>
  );
}

createRoot(document.getElementById("root") as HTMLElement).render(
  <StrictMode>
    <App />
  </StrictMode>,
);
