import type { Server as EngineServer, Socket as EngineSocket } from "engine.io";

/** Open connections by `sid`. Engine.IO keeps this list and documents it, but its types hide it. */
export const clientsOf = (engine: EngineServer): Readonly<Record<string, EngineSocket>> =>
  (engine as unknown as { clients: Record<string, EngineSocket> }).clients;
