import { type ClientOptions, createClients } from "@signalbox/client";
import type { SecurityEvent } from "@signalbox/protocol";
import { exitCodes } from "./exit-codes.ts";
import { harmless, type Terminal } from "./terminal.ts";
import { sayTroubles } from "./troubles.ts";

export interface TailOptions {
  /** Number of existing lines to show first. */
  readonly lines: number;
  /** Shows only lines that match all of these. */
  readonly filter: Partial<Pick<SecurityEvent, "type" | "severity" | "user_id" | "ip">>;
  readonly asJson: boolean;
}

/** The maximum that the server returns per request. */
const mostRows = 500;

const colours = { info: "dim", low: "reset", medium: "yellow", high: "red" } as const;

/**
 * `signalbox tail`: shows the security log to an administrator: the latest lines, then each new one. A folded line is
 * shown again when its count has grown.
 * @param signal - stops it
 */
export async function tailSecurity(
  terminal: Terminal,
  { lines, filter, asJson }: TailOptions,
  options: ClientOptions,
  signal: AbortSignal,
): Promise<number> {
  const clients = createClients(options);
  const admin = clients.admin();
  const counts = new Map<string, number>();
  let isRefused = false;
  /** Start time of the latest line that was shown. */
  let newest: string | undefined;

  function show(event: SecurityEvent): void {
    if (Object.entries(filter).some(([name, value]) => event[name as keyof typeof filter] !== value)) return;
    if (event.count <= (counts.get(event.id) ?? 0)) return;
    counts.set(event.id, event.count);
    if (newest === undefined || event.at > newest) newest = event.at;
    if (asJson) return terminal.print(JSON.stringify(event));
    const { at, severity, type, ip, user_id, origin, detail, count } = event;
    const who = [ip, user_id, origin].filter((word) => word).join(" ");
    const line = `${at} ${severity.padEnd(6)} ${type} ${who}: ${detail}${count > 1 ? ` (${count} times)` : ""}`;
    terminal.print(terminal.paint(colours[severity], harmless(line)));
  }

  const ended = new Promise<void>((resolve) => {
    signal.addEventListener("abort", () => resolve(), { once: true });
    sayTroubles(terminal, clients, admin, () => {
      isRefused = true;
      resolve();
    });
  });
  admin.on("admin_batch", ({ security_events: events = [] }) => {
    for (const event of events) show(event);
  });
  // Listens first, then requests, so that no line is lost in between. After an interruption, it requests the lines that
  // it missed.
  admin.onStatus(({ status }) => {
    if (status !== "open") return;
    const known = newest;
    const limit = known === undefined ? lines : mostRows;
    if (limit === 0) return;
    admin.request("list_security_events", { limit, ...filter }).then(
      ({ rows }) => {
        for (const event of rows.toReversed()) if (known === undefined || event.at >= known) show(event);
      },
      (error: Error) => terminal.say(harmless(error.message)),
    );
  });
  await ended;
  clients.close();
  return isRefused ? exitCodes.bad : exitCodes.ok;
}
