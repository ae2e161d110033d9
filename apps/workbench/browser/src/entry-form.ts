import { useState } from "preact/hooks";
import { RequestFailed, sentenceOf } from "./http.ts";
import { isConnectionError, useProblem } from "./use-problem.ts";

export type Problems = Partial<Record<"name" | "email" | "password" | "form", string | undefined>>;

export const passwordLength = { min: 10, max: 128 };

/** Maps Better Auth's codes to a field and its sentence. Other codes come with a sentence from the server. */
const serverProblems: Record<string, Problems> = {
  INVALID_EMAIL: { email: "This is not a complete e-mail address." },
  INVALID_EMAIL_OR_PASSWORD: { password: "E-mail address and password do not match." },
  USER_ALREADY_EXISTS: { email: "There is already an account with this address. Sign in instead." },
  USER_ALREADY_EXISTS_USE_ANOTHER_EMAIL: { email: "There is already an account with this address. Sign in instead." },
  PASSWORD_TOO_SHORT: { password: `A password needs at least ${passwordLength.min} characters.` },
  PASSWORD_TOO_LONG: { password: `A password may have at most ${passwordLength.max} characters.` },
  BANNED_USER: { form: "This account has been blocked." },
};

/** The state of a form: its problems by field, and whether it is being sent. Input in a field clears its problem. */
export function useEntryForm(
  send: (entry: Record<string, string>) => Promise<void>,
  check: (entry: Entry) => Problems,
) {
  const [refused, setRefused] = useState<Problems>({});
  const [unreachable, setUnreachable] = useProblem();
  const [busy, setBusy] = useState(false);

  async function submit(form: HTMLFormElement): Promise<void> {
    const entry = Object.fromEntries([...new FormData(form)].map(([name, value]) => [name, String(value)]));
    const found = check(entry);
    setRefused(found);
    setUnreachable(null);
    if (Object.keys(found).length > 0) return focusFirst(form, found);
    setBusy(true);
    try {
      await send(entry);
    } catch (error) {
      if (isConnectionError(error)) return setUnreachable(error);
      const problems = problemsOf(error);
      setRefused(problems);
      focusFirst(form, problems);
    } finally {
      setBusy(false);
    }
  }

  const problems: Problems = { ...refused, ...(unreachable !== null && { form: unreachable }) };
  return {
    problems,
    busy,
    onInput({ target }: { target: EventTarget | null }) {
      setUnreachable(null);
      if (target instanceof HTMLInputElement) setRefused({ ...refused, form: undefined, [target.name]: undefined });
    },
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
  const { code, status, message } = error;
  if (code === "NAME_TOO_LONG") return { name: message };
  if (code === "EMAIL_TOO_LONG") return { email: message };
  if (status === 429 && code !== "TOO_MANY_ATTEMPTS") {
    return { form: "Too many attempts. Please wait a minute and try again." };
  }
  return serverProblems[code] ?? { form: message };
}

function focusFirst(form: HTMLFormElement, problems: Problems): void {
  const [first] = Object.keys(problems);
  const field = form.elements.namedItem(first ?? "");
  if (field instanceof HTMLInputElement) field.focus();
}
