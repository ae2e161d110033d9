import { sentenceOf } from "../http.ts";
import type { Section } from "./feed.ts";

/** Sends a request, and passes the response on unless a newer request was sent meanwhile. */
export type AskLatest = <Answer>(question: () => Promise<Answer>, accept: (answer: Answer) => void) => Promise<void>;

/**
 * For lists whose filter changes while a response is in flight: a response that arrives late is stale.
 * @param onProblem - called with a sentence when there is no response, unless the connection is lost: then the list is
 *   requested again on reconnection
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
