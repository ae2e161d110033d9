import type { Account } from "../account.ts";
import { checkEmail, useEntryForm } from "../entry-form.ts";
import { Field } from "../parts/field.tsx";
import { Page } from "../parts/page.tsx";
import { Link } from "../router.tsx";

export function SignInPage({ account, notice }: { account: Account; notice: string | null }) {
  const { problems, busy, onInput, onSubmit } = useEntryForm(
    ({ email = "", password = "" }) => account.signIn({ email: email.trim(), password }),
    (entry) => ({ ...checkEmail(entry), ...(entry.password ? {} : { password: "Please enter your password." }) }),
  );
  return (
    <div class="entry">
      <Page title="Sign in">
        {notice && (
          <p class="notice" role="status" data-testid="sign-in-notice">
            {notice}
          </p>
        )}
        <form class="panel" data-testid="sign-in-form" onInput={onInput} onSubmit={onSubmit} noValidate>
          <Field name="email" label="E-mail address" type="email" autocomplete="username" problem={problems.email} />
          <Field
            name="password"
            label="Password"
            type="password"
            autocomplete="current-password"
            problem={problems.password}
          />
          {problems.form && (
            <p class="problem" role="alert" data-testid="problem-form">
              {problems.form}
            </p>
          )}
          <button type="submit" class="primary" disabled={busy}>
            {busy ? "Signing in…" : "Sign in"}
          </button>
        </form>
        <p>
          New here? <Link href="/sign-up">Create an account</Link>
        </p>
      </Page>
    </div>
  );
}
