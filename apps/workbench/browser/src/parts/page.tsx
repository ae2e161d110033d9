import type { ComponentChildren } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { setPageTitle } from "../document-title.ts";
import { Link, useRouter } from "../router.tsx";

interface PageProps {
  title: string;
  /** Whether a link at the top leads back to the list of tasks. */
  back?: boolean;
  /** Content beside the heading, such as a status. */
  aside?: ComponentChildren;
  children: ComponentChildren;
}

/**
 * A page's heading and title. After a change of page the heading receives the focus, as after loading a new document.
 */
export function Page({ title, back = false, aside, children }: PageProps) {
  const router = useRouter();
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => setPageTitle(title), [title]);
  useEffect(() => {
    if (router.location.get().navigated) heading.current?.focus({ preventScroll: true });
  }, [router]);
  return (
    <>
      <div class="page-head">
        {back && (
          <Link href="/" class="back">
            My tasks
          </Link>
        )}
        <h1 ref={heading} tabIndex={-1}>
          {title}
        </h1>
        {aside}
      </div>
      {children}
    </>
  );
}
