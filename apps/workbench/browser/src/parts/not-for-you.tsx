import { Link } from "../router.tsx";
import { Page } from "./page.tsx";

/** Shown instead of a page for administrators. */
export function NotForYou({ text }: { text: string }) {
  return (
    <Page title="No access">
      <p data-testid="admin-denied" role="status">
        {text}
      </p>
      <p>
        <Link href="/" class="button primary">
          Go to my tasks
        </Link>
      </p>
    </Page>
  );
}
