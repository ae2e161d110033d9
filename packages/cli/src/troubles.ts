import type { Clients, Diagnosis, NamespaceState } from "@signalbox/client";
import { harmless, type Terminal } from "./terminal.ts";

/** A namespace of which only the status matters: `/` or `/admin`. */
interface Place {
  onStatus(listener: (state: NamespaceState) => void): () => void;
}

/**
 * Reports why there is no connection, each cause once. Calls `giveUp` for a cause that does not resolve by waiting.
 * @returns a function that stops the reports
 */
export function sayTroubles(terminal: Terminal, clients: Clients, place: Place, giveUp: () => void): () => void {
  let said: Diagnosis["code"] | undefined;

  function say(diagnosis: Diagnosis | null): void {
    if (diagnosis === null || diagnosis.code === said) return;
    said = diagnosis.code;
    const { code, message, refusal, retry } = diagnosis;
    terminal.say(harmless(`${code}: ${message}${refusal?.hint === undefined ? "" : ` ${refusal.hint}`}`));
    if (retry === "never" || retry === "session_change") giveUp();
  }

  const unsubscribe = [
    clients.onState(({ diagnosis }) => say(diagnosis)),
    place.onStatus(({ diagnosis }) => say(diagnosis)),
  ];
  return () => {
    for (const stop of unsubscribe) stop();
  };
}
