import type { RefusalCode } from "@signalbox/protocol";

/** Plain totals since the start: one addition per event, read by the dashboard and by Prometheus alike. */
export interface TrafficCounters {
  /** Events from clients, including refused ones. */
  events: number;
  /** Packets written to clients. */
  deliveries: number;
  /** Refusals by code. The number of entries is bounded by the codes of the wire contract. */
  readonly refusals: Map<RefusalCode, number>;
  /** Connections opened. Minus the open connections, this is the number of closed ones. */
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
