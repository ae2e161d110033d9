import { userSchemas } from "@signalbox/protocol/schemas";
import type { Clock } from "../../core/ports.ts";
import { type RequestDefinition, request } from "./define-namespace.ts";

/** Answers at once, whatever else the server does: a connection that does not carry this answer is dead. */
export const checkConnection = (clock: Clock): RequestDefinition =>
  request(userSchemas.check_connection, () => ({ server_time: new Date(clock.now()).toISOString() }));
