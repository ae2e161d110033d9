import type { Notification } from "@signalbox/protocol";
import { Link } from "../../router.tsx";

interface NotificationLinkProps {
  notification: Notification;
  onFollow: () => void;
}

/** Pages of the workbench open in the same tab. Others open in a new tab, without access to this page. */
export function NotificationLink({ notification: { link, title }, onFollow }: NotificationLinkProps) {
  if (link === undefined) return null;
  const { origin, host } = new URL(link);
  if (origin === window.location.origin) {
    return (
      <span onClickCapture={() => queueMicrotask(onFollow)}>
        <Link href={link} aria-label={`Open: ${title}`}>
          Open
        </Link>
      </span>
    );
  }
  return (
    <a href={link} target="_blank" rel="noopener noreferrer">
      {host}
    </a>
  );
}
