import type { Readable } from "../store.ts";
import type { Section } from "./feed.ts";
import { createLatest } from "./latest.ts";

interface AnswerState<Answer> {
  /** Null until the first response. */
  readonly answer: Answer | null;
  /** Why the last read failed. */
  readonly problem: string | null;
}

/** The latest response to one request, which is repeated whenever the connection opens. */
export interface AnswerStore<Answer> {
  readonly state: Readable<AnswerState<Answer>>;
  read(): Promise<void>;
}

/** @param refreshMs - repeats the request at this interval; without it, only on demand */
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
