import { useEffect, useState } from "preact/hooks";
import type { FeedState } from "../../admin/feed.ts";
import { clockWords, durationWords } from "../../words.ts";

const words: Record<FeedState["phase"], string> = {
  connecting: "Connecting",
  live: "Live",
  stale: "Not live",
  denied: "Denied",
};

/**
 * Whether the data is current, and how old it is if not. Only the page's connection line is announced; this one is
 * visual.
 */
export function FeedStatus({ feed: { phase, asOf } }: { feed: FeedState }) {
  return (
    <>
      <span class={`badge feed-${phase}`} data-testid="admin-feed" data-state={phase}>
        {words[phase]}
      </span>
      {asOf !== null && <Age asOf={asOf} />}
    </>
  );
}

function Age({ asOf }: { asOf: number }) {
  const [now, setNow] = useState(Date.now);
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 1000);
    return () => clearInterval(timer);
  }, []);
  const seconds = Math.max(Math.round((now - asOf) / 1000), 0);
  return (
    <span class="hint age" data-testid="admin-age" data-seconds={seconds}>
      as of {clockWords(asOf)}, {durationWords(seconds)} ago
    </span>
  );
}
