interface ProblemLineProps {
  problem: string | null;
  onDismiss?: () => void;
}

/** What went wrong, in a sentence, spoken at once. */
export function ProblemLine({ problem, onDismiss }: ProblemLineProps) {
  if (problem === null) return null;
  return (
    <div class="alert" role="alert" data-testid="problem">
      <p>{problem}</p>
      {onDismiss && (
        <button type="button" class="quiet" onClick={onDismiss}>
          Dismiss
        </button>
      )}
    </div>
  );
}
