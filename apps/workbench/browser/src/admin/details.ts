import type { ComponentChildren } from "preact";
import type { Question } from "./questions.ts";

/** All details of one row, and the available actions. */
export interface Details {
  readonly title: string;
  readonly facts: readonly (readonly [label: string, value: ComponentChildren])[];
  readonly actions: readonly { readonly label: string; readonly testId: string; readonly question: Question }[];
}
