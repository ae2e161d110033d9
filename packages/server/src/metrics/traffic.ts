/** Plain totals since the start: one addition per event, read by the dashboard and by Prometheus alike. */
export interface Traffic {
  /** Events from clients, refused ones included. */
  events: number;
  /** Packets written to clients. */
  deliveries: number;
  refusals: number;
  connectionsOpened: number;
  connectionsClosed: number;
  /** Connections closed because their clients did not read. */
  overflows: number;
}

export const createTraffic = (): Traffic => ({
  events: 0,
  deliveries: 0,
  refusals: 0,
  connectionsOpened: 0,
  connectionsClosed: 0,
  overflows: 0,
});
