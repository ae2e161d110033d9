import { useEffect, useRef } from "preact/hooks";
import { Field } from "../field.tsx";

/** Something that cannot be taken back, about to be done. */
export interface Question {
  readonly title: string;
  readonly text: string;
  /** The words on the button that does it. */
  readonly action: string;
  /** Whether the person affected is owed a reason; it goes to the security log. */
  readonly asksReason?: boolean;
  proceed(reason: string): Promise<void>;
}

/** Asks before it acts. Escape and the first button do nothing. */
export function ConfirmDialog({ question, onClose }: { question: Question; onClose: () => void }) {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => dialog.current?.showModal(), []);

  function accept(form: HTMLFormElement): void {
    void question.proceed(String(new FormData(form).get("reason") ?? ""));
    dialog.current?.close();
  }

  return (
    <dialog ref={dialog} onClose={onClose} aria-labelledby="confirm-title" data-testid="confirm-dialog">
      <h2 id="confirm-title">{question.title}</h2>
      <p>{question.text}</p>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          accept(event.currentTarget);
        }}
      >
        {question.asksReason && (
          <Field name="reason" label="Reason, for the security log" required maxLength={500} autocomplete="off" />
        )}
        <div class="actions">
          <button type="button" onClick={() => dialog.current?.close()}>
            Go back
          </button>
          <button type="submit" class="danger" data-testid="confirm-accept">
            {question.action}
          </button>
        </div>
      </form>
    </dialog>
  );
}
