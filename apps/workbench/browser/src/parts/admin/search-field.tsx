import { useEffect, useRef } from "preact/hooks";
import { Field } from "../field.tsx";

interface SearchFieldProps {
  name: string;
  label: string;
  hint?: string;
  onSearch: (text: string) => void;
}

/** Long enough for the next key press, short enough not to be noticed. */
const pauseMs = 250;

/** A filter that follows the input, with one request for each pause. */
export function SearchField({ name, label, hint, onSearch }: SearchFieldProps) {
  const pause = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);
  useEffect(() => () => clearTimeout(pause.current), []);

  function search(text: string): void {
    clearTimeout(pause.current);
    pause.current = setTimeout(() => onSearch(text), pauseMs);
  }

  return (
    <Field
      name={name}
      label={label}
      hint={hint}
      type="search"
      maxLength={256}
      autocomplete="off"
      data-testid={`search-${name}`}
      onInput={(event) => search(event.currentTarget.value)}
    />
  );
}
