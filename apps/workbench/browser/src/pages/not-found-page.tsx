import { Page } from "../parts/page.tsx";
import { Link } from "../router.tsx";

export function NotFoundPage() {
  return (
    <Page title="Page not found">
      <p>There is nothing at this address.</p>
      <p>
        <Link href="/">Go to my tasks</Link>
      </p>
    </Page>
  );
}
