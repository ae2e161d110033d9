/** Uses the contract alone. */
// #region protocol
import { isNewer, type RefusalMessage, refusals, type TaskSnapshot } from "@signalbox/protocol";

export const newerOf = (a: TaskSnapshot, b: TaskSnapshot): TaskSnapshot => (isNewer(b, a) ? b : a);

export const mayTryAgain = ({ code }: RefusalMessage): boolean => refusals[code].retry !== "never";
// #endregion
