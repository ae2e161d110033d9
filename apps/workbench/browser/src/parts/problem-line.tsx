interface ProblemLineProps {
  problem: string | null;
  onDismiss?: () => void;
  onRetry?: (() => void) | undefined;
}

/** A problem as a sentence, which screen readers announce at once. */
export function ProblemLine({ problem, onDismiss, onRetry }: ProblemLineProps) {
  if (problem === null) return null;
  return (
    <div class="alert" role="alert" data-testid="problem">
      <p>{problem}</p>
      {onRetry && (
        <button type="button" onClick={onRetry}>
          Try again
        </button>
      )}
      {onDismiss && (
        <button type="button" class="quiet" onClick={onDismiss}>
          Dismiss
        </button>
      )}
    </div>
  );
}
