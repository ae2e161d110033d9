import type { ComponentChildren } from "preact";
import type { Question } from "./questions.ts";

/** Everything about one row, and what can be done about it. */
export interface Details {
  readonly title: string;
  readonly facts: readonly (readonly [label: string, value: ComponentChildren])[];
  readonly actions: readonly { readonly label: string; readonly testId: string; readonly question: Question }[];
}
