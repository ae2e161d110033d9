import type { AdminAlert } from "@signalbox/protocol";
import type { Readable } from "../store.ts";
import type { Section } from "./feed.ts";

interface Alert extends Readonly<AdminAlert["alert"]> {
  readonly at: string;
}

interface AlertsState {
  /** Newest first; those that arrived since the page was opened. */
  readonly alerts: readonly Alert[];
  /** The latest alert until it is dismissed. */
  readonly latest: Alert | null;
}

export interface AlertsStore {
  readonly state: Readable<AlertsState>;
  dismiss(): void;
}

const maxAlerts = 20;

/** Collects the server's alerts. */
export function openAlerts(section: Section): AlertsStore {
  const state = section.keep<AlertsState>({ alerts: [], latest: null });
  section.onBatch(({ at, alerts = [] }) => {
    const said = alerts.map((alert) => ({ ...alert, at })).reverse();
    if (said[0]) state.set({ alerts: [...said, ...state.get().alerts].slice(0, maxAlerts), latest: said[0] });
  });
  return { state, dismiss: () => state.patch({ latest: null }) };
}
