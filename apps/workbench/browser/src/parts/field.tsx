import type { JSX } from "preact";

type FieldProps = JSX.IntrinsicElements["input"] & {
  name: string;
  label: string;
  hint?: string | undefined;
  /** What is wrong with the entry, in a sentence. */
  problem?: string | undefined;
};

/** A labelled input with its hint and its error, tied together for people who listen to the page. */
export function Field({ name, label, hint, problem, ...input }: FieldProps) {
  const id = `field-${name}`;
  const hintId = hint && `${id}-hint`;
  const problemId = problem && `${id}-problem`;
  return (
    <div class="field">
      <label for={id}>{label}</label>
      <input
        {...input}
        id={id}
        name={name}
        aria-invalid={problem ? true : undefined}
        aria-describedby={[problemId, hintId].filter(Boolean).join(" ") || undefined}
      />
      {problem && (
        <p id={problemId} class="problem" data-testid={`problem-${name}`}>
          {problem}
        </p>
      )}
      {hint && (
        <p id={hintId} class="hint">
          {hint}
        </p>
      )}
    </div>
  );
}
