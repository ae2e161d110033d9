import { useLayoutEffect, useRef } from "preact/hooks";
import { useDashboard } from "../../admin/dashboard.ts";
import type { Details } from "../../admin/details.ts";
import type { Question } from "../../admin/questions.ts";

export function DetailsDialog({ details, onClose }: { details: Details; onClose: () => void }) {
  const { ask } = useDashboard();
  const dialog = useRef<HTMLDialogElement>(null);
  useLayoutEffect(() => dialog.current?.showModal(), []);

  function choose(question: Question): void {
    // Closed first: the focus returns to the row, and does so again after the confirmation.
    dialog.current?.close();
    ask(question);
  }

  return (
    <dialog ref={dialog} class="details" onClose={onClose} aria-labelledby="details-title" data-testid="details-dialog">
      <h2 id="details-title">{details.title}</h2>
      <dl class="facts">
        {details.facts.map(([label, value]) => (
          <div key={label}>
            <dt>{label}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
      <div class="actions">
        <button type="button" onClick={() => dialog.current?.close()}>
          Close
        </button>
        {details.actions.map(({ label, testId, question }) => (
          <button key={testId} type="button" class="danger" data-testid={testId} onClick={() => choose(question)}>
            {label}
          </button>
        ))}
      </div>
    </dialog>
  );
}
