import { useLayoutEffect, useRef, useState } from "preact/hooks";
import { blockDurations, type Question } from "../../admin/questions.ts";
import { useProblem } from "../../use-problem.ts";
import { Field, SelectField } from "../field.tsx";

interface ConfirmDialogProps {
  question: Question;
  onDone: (sentence: string) => void;
  onClose: () => void;
}

/**
 * Asks for confirmation before an action. Neither Escape nor a second press of Enter performs the action: where no
 * input is required, the button that goes back has the initial focus. A refusal is shown here, where the user can
 * correct the input.
 */
export function ConfirmDialog({ question, onDone, onClose }: ConfirmDialogProps) {
  const dialog = useRef<HTMLDialogElement>(null);
  const goBack = useRef<HTMLButtonElement>(null);
  const [problem, setProblem] = useProblem();
  const [isBusy, setBusy] = useState(false);
  const isRequired = question.reason === "required";
  useLayoutEffect(() => {
    dialog.current?.showModal();
    if (!isRequired) goBack.current?.focus();
  }, [isRequired]);

  async function accept(form: HTMLFormElement): Promise<void> {
    const entry = new FormData(form);
    const reason = String(entry.get("reason") ?? "").trim();
    if (isRequired && reason === "") return setProblem("Please give a reason.");
    setBusy(true);
    try {
      onDone(await question.proceed({ reason, seconds: Number(entry.get("seconds")) }));
      dialog.current?.close();
    } catch (error) {
      setProblem(error);
    } finally {
      setBusy(false);
    }
  }

  return (
    <dialog
      ref={dialog}
      onClose={onClose}
      aria-labelledby="confirm-title"
      aria-describedby="confirm-text"
      data-testid="confirm-dialog"
    >
      <h2 id="confirm-title">{question.title}</h2>
      <p id="confirm-text">{question.text}</p>
      <form
        onInput={() => setProblem(null)}
        onSubmit={(event) => {
          event.preventDefault();
          void accept(event.currentTarget);
        }}
      >
        {question.asksDuration && (
          <SelectField
            name="seconds"
            label="For"
            options={blockDurations.map(({ seconds, words }) => [String(seconds), words])}
          />
        )}
        {question.reason && (
          <Field
            name="reason"
            label={isRequired ? "Reason" : "Reason (optional)"}
            hint="Written to the security log, together with your name."
            required={isRequired}
            maxLength={500}
            autocomplete="off"
          />
        )}
        {problem !== null && (
          <p class="problem" role="alert" data-testid="confirm-problem">
            {problem}
          </p>
        )}
        <div class="actions">
          <button ref={goBack} type="button" onClick={() => dialog.current?.close()}>
            Go back
          </button>
          <button type="submit" class="danger" data-testid="confirm-accept" disabled={isBusy}>
            {question.action}
          </button>
        </div>
      </form>
    </dialog>
  );
}
