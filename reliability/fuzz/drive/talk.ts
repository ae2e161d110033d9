/** What is said between the cases, and how a case's outcome is told from what comes back. */

import type { Identity } from "../bait.ts";
import type { Block } from "../cases/case.ts";
import type { Verdict } from "../judge/answers.ts";

/** An acknowledgement id that no case uses. */
const fenceId = "7777777";

/**
 * A request that is answered when everything before it has been taken: a client without an answer has lost the
 * connection.
 */
export const fence = ({ role }: Identity): string =>
  `42${role === "admin" ? "/admin," : ""}${fenceId}["check_connection"]`;

export const isFence = (text: string): boolean => new RegExp(`^43(/admin,)?${fenceId}\\[`).test(text);

/** Each block comes from an address of its own (TEST-NET-3 and its neighbours): limits of addresses are not shared. */
export const addressOf = ({ number }: Block): string =>
  `203.0.${113 + (Math.floor(number / 250) % 100)}.${1 + (number % 250)}`;

/** The one outcome of several answers: the worst. */
export function createTally(): { add(verdict: Verdict): void; outcome(): string } {
  const outcomes = new Set<string>();
  return {
    add: ({ outcome }) => void outcomes.add(outcome),
    outcome: () =>
      [...outcomes].find((each) => each !== "heard" && each !== "answered") ??
      ["answered", "heard"].find((each) => outcomes.has(each)) ??
      "no answer",
  };
}
