/** Types only: `<connection-status>` in the JSX of Preact. */
import type { HTMLAttributes } from "preact";
import type { ConnectionStatusElement } from "../connection-status.ts";
import type { ConnectionStatusAttributes } from "./attributes.ts";

/** The attributes of every element, and those of this one. */
export type ConnectionStatusProps = HTMLAttributes<ConnectionStatusElement> & ConnectionStatusAttributes;

declare module "preact" {
  namespace JSX {
    interface IntrinsicElements {
      "connection-status": ConnectionStatusProps;
    }
  }
}
