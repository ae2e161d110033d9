import type { Account } from "../account.ts";
import { checkEmail, type Problems, passwordLength, useEntryForm } from "../entry-form.ts";
import { Field } from "../parts/field.tsx";
import { Page } from "../parts/page.tsx";
import { Link } from "../router.tsx";

export function SignUpPage({ account }: { account: Account }) {
  const { problems, busy, onInput, onSubmit } = useEntryForm(
    ({ name = "", email = "", password = "" }) => account.signUp({ name: name.trim(), email: email.trim(), password }),
    (entry) => ({ ...checkName(entry.name), ...checkEmail(entry), ...checkPassword(entry.password) }),
  );
  return (
    <div class="entry">
      <Page title="Create an account">
        <form class="panel" data-testid="sign-up-form" onInput={onInput} onSubmit={onSubmit} noValidate>
          <Field name="name" label="Name" autocomplete="name" maxLength={100} problem={problems.name} />
          <Field name="email" label="E-mail address" type="email" autocomplete="username" problem={problems.email} />
          <Field
            name="password"
            label="Password"
            type="password"
            autocomplete="new-password"
            hint={`At least ${passwordLength.min} characters.`}
            problem={problems.password}
          />
          {problems.form && (
            <p class="problem" role="alert" data-testid="problem-form">
              {problems.form}
            </p>
          )}
          <button type="submit" class="primary" disabled={busy}>
            {busy ? "Creating the account…" : "Create account"}
          </button>
        </form>
        <p>
          Already have an account? <Link href="/sign-in">Sign in</Link>
        </p>
      </Page>
    </div>
  );
}

function checkName(name = ""): Problems {
  return name.trim() === "" ? { name: "Please enter your name." } : {};
}

function checkPassword(password = ""): Problems {
  if (password.length >= passwordLength.min) return {};
  return { password: `A password needs at least ${passwordLength.min} characters.` };
}
