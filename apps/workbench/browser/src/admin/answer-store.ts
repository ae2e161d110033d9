import type { Readable } from "../store.ts";
import type { Section } from "./feed.ts";
import { createLatest } from "./latest.ts";

interface AnswerState<Answer> {
  /** Null until the first one is here. */
  readonly answer: Answer | null;
  /** Why it could not be read the last time. */
  readonly problem: string | null;
}

/** The latest answer to one question, asked anew whenever the connection opens. */
export interface AnswerStore<Answer> {
  readonly state: Readable<AnswerState<Answer>>;
  read(): Promise<void>;
}

/** @param refreshMs - asks again after this time, and so on; without it only when told to */
export function openAnswerStore<Answer>(
  section: Section,
  question: () => Promise<Answer>,
  refreshMs?: number,
): AnswerStore<Answer> {
  const state = section.keep<AnswerState<Answer>>({ answer: null, problem: null });
  const ask = createLatest(section, (problem) => state.patch({ problem }));
  const read = (): Promise<void> => ask(question, (answer) => state.set({ answer, problem: null }));

  section.onOpen(() => void read());
  if (refreshMs !== undefined) {
    const timer = setInterval(() => section.isOpen() && void read(), refreshMs);
    section.onClose(() => clearInterval(timer));
  }
  return { state, read };
}
