import { judged } from "../../goals.ts";
import { reference } from "../results.ts";
import type { Tone } from "./colours.ts";

/** A part of a picture, drawn from its own top left corner. */
export interface Panel {
  readonly height: number;
  readonly markup: string;
}

/** A panel, and its figures in words for readers who do not see them. */
export interface DescribedPanel extends Panel {
  readonly words: string;
}

export const toneOf = (peer: string): Tone => {
  if (peer === judged) return "own";
  return peer === reference ? "reference" : "other";
};
