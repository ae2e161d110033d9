import type { TestServer } from "@signalbox/server/testing";

export interface SentRequest {
  readonly event: string;
  // biome-ignore lint/suspicious/noExplicitAny: tests name the shape they expect
  readonly payload: any;
}

/** Writes down every request that reaches a namespace of the server, before the server looks at it. */
export function recordRequests(server: Pick<TestServer, "realtime">, namespace = "/"): SentRequest[] {
  const sent: SentRequest[] = [];
  server.realtime.io.of(namespace).use((socket, next) => {
    socket.use(([event, payload], proceed) => {
      sent.push({ event, payload });
      proceed();
    });
    next();
  });
  return sent;
}
