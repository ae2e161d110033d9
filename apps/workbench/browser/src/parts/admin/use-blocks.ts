import type { BlockRow } from "@signalbox/protocol";
import { openBlocks } from "../../admin/blocks-store.ts";
import { useFeed } from "../../admin/dashboard.ts";
import type { Question } from "../../admin/questions.ts";
import { useStore } from "../../store.ts";

interface KnownBlocks {
  /** Null until they have been read. */
  blocks: readonly BlockRow[] | null;
  problem: string | null;
  read: () => void;
  /**
   * Wraps a question so that the blocks are read at once after it: the feed reports the change up to a second later.
   */
  thenRead: (question: Question) => Question;
}

/** The active blocks. */
export function useBlocks(): KnownBlocks {
  const store = useFeed(openBlocks);
  const { answer, problem } = useStore(store.state);
  return {
    blocks: answer,
    problem,
    read: store.read,
    thenRead: (question) => ({
      ...question,
      async proceed(entry) {
        const done = await question.proceed(entry);
        await store.read();
        return done;
      },
    }),
  };
}
