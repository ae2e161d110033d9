export type { ConnectionState, ConnectionStatus, TransitionCode } from "./connection-state.ts";
export { type AdminClient, type Clients, createClients, type UserClient } from "./create-clients.ts";
export { type Diagnosis, type DiagnosisCode, diagnoses } from "./diagnosis.ts";
export { type NamespaceState, RequestError, type RequestErrorCode, type RequestOptions } from "./link.ts";
export type { NamespaceClient } from "./namespace-client.ts";
export type { Observable } from "./observable.ts";
export type { ClientOptions } from "./options.ts";
export type { Problem } from "./report.ts";
export type { TaskView, TaskWatch } from "./tasks/task-store.ts";
