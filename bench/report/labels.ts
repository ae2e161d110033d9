/** What peers are called in tables and plots. */
const labels: Readonly<Record<string, string>> = {
  signalbox: "Signalbox",
  bare: "bare Socket.IO",
  "bare-conflated": "Socket.IO, conflated by hand",
  ws: "raw ws",
  floor: "write() loop in C",
  flask: "Flask-SocketIO, eventlet",
  nchan: "nchan in nginx",
  nats: "nats-server",
};

/** A peer without a label is called by its name. */
export const labelOf = (peer: string): string => labels[peer] ?? peer;
