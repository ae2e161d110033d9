import type { RefusalCode } from "@signalbox/protocol";

/** Plain totals since the start: one addition per event, read by the dashboard and by Prometheus alike. */
export interface TrafficCounters {
  /** Events from clients, refused ones included. */
  events: number;
  /** Packets written to clients. */
  deliveries: number;
  /** By code: as many as the contract has. */
  readonly refusals: Map<RefusalCode, number>;
  /** Those that were closed are these without those that are open. */
  connectionsOpened: number;
  /** Connections closed because their clients did not read. */
  overflows: number;
}

export const createTrafficCounters = (): TrafficCounters => ({
  events: 0,
  deliveries: 0,
  refusals: new Map(),
  connectionsOpened: 0,
  overflows: 0,
});
