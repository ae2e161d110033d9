import { useState } from "preact/hooks";
import { RequestFailed, sentenceOf } from "./http.ts";

export type Problems = Partial<Record<"name" | "email" | "password" | "form", string>>;

export const passwordLength = { min: 10, max: 128 };

/** Which field Better Auth complains of, and the sentence for it. Other codes come with a sentence of the server. */
const serverProblems: Record<string, Problems> = {
  INVALID_EMAIL: { email: "This is not a complete e-mail address." },
  INVALID_EMAIL_OR_PASSWORD: { password: "E-mail address and password do not match." },
  USER_ALREADY_EXISTS: { email: "There is already an account with this address. Sign in instead." },
  USER_ALREADY_EXISTS_USE_ANOTHER_EMAIL: { email: "There is already an account with this address. Sign in instead." },
  PASSWORD_TOO_SHORT: { password: `A password needs at least ${passwordLength.min} characters.` },
  PASSWORD_TOO_LONG: { password: `A password may have at most ${passwordLength.max} characters.` },
  BANNED_USER: { form: "This account has been blocked." },
};

/** A form's state: its problems by field, and whether it is being sent. */
export function useEntryForm(
  send: (entry: Record<string, string>) => Promise<void>,
  check: (entry: Entry) => Problems,
) {
  const [problems, setProblems] = useState<Problems>({});
  const [busy, setBusy] = useState(false);

  async function submit(form: HTMLFormElement): Promise<void> {
    const entry = Object.fromEntries([...new FormData(form)].map(([name, value]) => [name, String(value)]));
    const found = check(entry);
    setProblems(found);
    if (Object.keys(found).length > 0) return focusFirst(form, found);
    setBusy(true);
    try {
      await send(entry);
    } catch (error) {
      const refused = problemsOf(error);
      setProblems(refused);
      focusFirst(form, refused);
    } finally {
      setBusy(false);
    }
  }

  return {
    problems,
    busy,
    onSubmit(event: SubmitEvent & { currentTarget: HTMLFormElement }) {
      event.preventDefault();
      void submit(event.currentTarget);
    },
  };
}

type Entry = Record<string, string>;

export function checkEmail({ email = "" }: Entry): Problems {
  if (email.trim() === "") return { email: "Please enter your e-mail address." };
  return /^\S+@\S+\.\S+$/.test(email.trim()) ? {} : { email: "This is not a complete e-mail address." };
}

function problemsOf(error: unknown): Problems {
  if (!(error instanceof RequestFailed)) return { form: sentenceOf(error) };
  if (error.status === 429) return { form: "Too many attempts. Please wait a minute and try again." };
  return serverProblems[error.code] ?? { form: error.message };
}

function focusFirst(form: HTMLFormElement, problems: Problems): void {
  const [first] = Object.keys(problems);
  const field = form.elements.namedItem(first ?? "");
  if (field instanceof HTMLInputElement) field.focus();
}
