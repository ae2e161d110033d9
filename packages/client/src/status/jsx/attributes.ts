import type { ConnectionStatusElement } from "../connection-status.ts";

/**
 * The attributes of `<connection-status>` in JSX. React 18 sets attributes only: there `source` and the others need a
 * `ref`.
 */
export interface ConnectionStatusAttributes
  extends Partial<Pick<ConnectionStatusElement, "source" | "texts" | "diagnostics" | "debug">> {
  "sign-in-url"?: string;
  onretry?: (event: Event) => void;
  "onsign-in"?: (event: Event) => void;
}
