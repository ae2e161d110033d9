/** Types only: `<connection-status>` in the JSX of React 18 and 19. */
import type { DetailedHTMLProps, HTMLAttributes } from "react";
import type { ConnectionStatusElement } from "../connection-status.ts";
import type { ConnectionStatusAttributes } from "./attributes.ts";

/** The attributes of every element, and those of this one. */
export type ConnectionStatusProps = DetailedHTMLProps<
  HTMLAttributes<ConnectionStatusElement>,
  ConnectionStatusElement
> &
  ConnectionStatusAttributes;

declare module "react" {
  namespace JSX {
    interface IntrinsicElements {
      "connection-status": ConnectionStatusProps;
    }
  }
}
