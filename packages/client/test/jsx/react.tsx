/** @jsxImportSource react */
import "@signalbox/client/connection-status";
import { createClients } from "@signalbox/client";
import type {} from "@signalbox/client/connection-status/react";
import { de } from "@signalbox/client/texts/de";

const clients = createClients();

/** What an application writes. */
export const line = (
  <connection-status
    source={clients.state}
    texts={de}
    debug
    sign-in-url="/sign-in"
    className="bar"
    onretry={() => clients.retry()}
    ref={(element) => void element?.source?.get().status}
  />
);

// @ts-expect-error a source is an observable state
export const wrongSource = <connection-status source="state" />;
// @ts-expect-error there is no such attribute
export const wrongName = <connection-status signin="/sign-in" />;
