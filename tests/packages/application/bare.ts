/** Uses every entry point that works with nothing beside the packages themselves. */
import { type Clients, createClients, diagnoses } from "@signalbox/client";
import { ConnectionStatusElement } from "@signalbox/client/connection-status";
import { diagnosticsOf } from "@signalbox/client/diagnostics";
import { hints } from "@signalbox/client/hints";
import { openNotifications } from "@signalbox/client/notifications";
import { de } from "@signalbox/client/texts/de";
import { es } from "@signalbox/client/texts/es";
import { userSchemas } from "@signalbox/protocol/schemas";
import { type Config, createMemoryStore, createRealtime, type Realtime, type SessionSource } from "@signalbox/server";
import { newerOf } from "./contract.ts";

export const clients: Clients = createClients({ url: "http://localhost:5000", token: async () => "token" });
export const element = new ConnectionStatusElement();
element.source = clients.state;
element.texts = de;
element.diagnostics = diagnosticsOf(clients);
openNotifications(clients).subscribe(({ unread }) => unread.toFixed());
clients.user().on("task_completed", (task) => newerOf(task, task).title);
export const texts: string[] = [hints.connection_lost, diagnoses.connection_lost.message, es.retry];
export const schema: typeof userSchemas.join_task = userSchemas.join_task;

export function start(httpServer: import("node:http").Server, config: Config, sessions: SessionSource): Realtime {
  return createRealtime({ httpServer, config, sessions, store: createMemoryStore() });
}
