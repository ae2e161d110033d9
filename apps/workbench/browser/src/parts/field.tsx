import type { ComponentChildren, JSX } from "preact";

interface Labels {
  name: string;
  label: string;
  hint?: string | undefined;
  /** The problem with the input, as a sentence. */
  problem?: string | undefined;
}

type FieldProps = JSX.IntrinsicElements["input"] & Labels;
type TextFieldProps = JSX.IntrinsicElements["textarea"] & Labels;
type SelectFieldProps = JSX.IntrinsicElements["select"] &
  Labels & { options: readonly (readonly [value: string, words: string])[] };

/** A labelled input with its hint and its error, linked for screen readers. */
export function Field({ label, hint, problem, ...input }: FieldProps) {
  const labels = { name: input.name, label, hint, problem };
  return (
    <Labelled {...labels}>
      <input {...input} {...ties(labels)} />
    </Labelled>
  );
}

/** The same for several lines of text. */
export function TextField({ label, hint, problem, ...textarea }: TextFieldProps) {
  const labels = { name: textarea.name, label, hint, problem };
  return (
    <Labelled {...labels}>
      <textarea {...textarea} {...ties(labels)} />
    </Labelled>
  );
}

/** The same for a choice. */
export function SelectField({ label, hint, problem, options, ...select }: SelectFieldProps) {
  const labels = { name: select.name, label, hint, problem };
  return (
    <Labelled {...labels}>
      <select {...select} {...ties(labels)}>
        {options.map(([value, words]) => (
          <option key={value} value={value}>
            {words}
          </option>
        ))}
      </select>
    </Labelled>
  );
}

const idOf = (name: string): string => `field-${name}`;

function ties({ name, hint, problem }: Labels) {
  const id = idOf(name);
  return {
    id,
    "aria-invalid": problem ? true : undefined,
    "aria-describedby": [problem && `${id}-problem`, hint && `${id}-hint`].filter(Boolean).join(" ") || undefined,
  };
}

function Labelled({ name, label, hint, problem, children }: Labels & { children: ComponentChildren }) {
  const id = idOf(name);
  return (
    <div class="field">
      <label for={id}>{label}</label>
      {children}
      {problem && (
        <p id={`${id}-problem`} class="problem" data-testid={`problem-${name}`}>
          {problem}
        </p>
      )}
      {hint && (
        <p id={`${id}-hint`} class="hint">
          {hint}
        </p>
      )}
    </div>
  );
}
