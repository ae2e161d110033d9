import type { ClientConfig } from "@signalbox/protocol";
import type { Facts } from "./step.ts";

/** Behind a proxy that strips a prefix, the server names its path without it; where the proxy keeps it, with it. */
export function endpointOf(url: URL, { path }: ClientConfig): string {
  const prefix = url.pathname.replace(/\/$/, "");
  return path.startsWith(`${prefix}/`) ? path : prefix + path;
}

/** The transports that still work. If there is none, later steps have nothing to check. */
export const openTransports = ({ polls, upgrades }: Facts): ("polling" | "websocket")[] => [
  ...(upgrades ? (["websocket"] as const) : []),
  ...(polls ? (["polling"] as const) : []),
];
