import { sentenceOf } from "../http.ts";
import type { Section } from "./feed.ts";

/** Asks, and hands on the answer unless another question has been asked since. */
export type AskLatest = <Answer>(question: () => Promise<Answer>, accept: (answer: Answer) => void) => Promise<void>;

/**
 * For lists whose filter changes while an answer is under way: the one that comes late answers what nobody asks any more.
 * @param onProblem - told in a sentence why there is no answer, unless the connection is gone: then the list is asked for
 *   anew as soon as it is back
 */
export function createLatest(section: Pick<Section, "isOpen">, onProblem: (sentence: string) => void): AskLatest {
  let latest = 0;
  return async (question, accept) => {
    latest += 1;
    const mine = latest;
    try {
      const answer = await question();
      if (mine === latest) accept(answer);
    } catch (error) {
      if (mine === latest && section.isOpen()) onProblem(sentenceOf(error));
    }
  };
}
