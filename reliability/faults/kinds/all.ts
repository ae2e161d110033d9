import { clientFaults } from "./clients.ts";
import type { FaultKind } from "./kind.ts";
import { serverEnds } from "./server-ends.ts";
import { stalls } from "./stalls.ts";
import { storeFails } from "./store-fails.ts";

export { severalNodes } from "./several-nodes.ts";

/** The fault table, for one node. */
export const faultKinds: readonly FaultKind[] = [...serverEnds, ...storeFails, ...stalls, ...clientFaults];
