import { useStore } from "../../store.ts";
import { useWorkspace } from "../../workspace.ts";

/**
 * Whether the browser shows new notifications while the page is in the background. The page asks for permission only on
 * a click.
 */
export function BackgroundChoice() {
  const { backgroundNotices } = useWorkspace();
  const { permission } = useStore(backgroundNotices.state);
  switch (permission) {
    case "unsupported":
      return null;
    case "granted":
      return <p class="hint">This browser also tells you while the page is in the background.</p>;
    case "denied":
      return (
        <p class="hint">
          This browser blocks notifications of this page. To get them in the background, allow them in its site
          settings.
        </p>
      );
    default:
      return (
        <button type="button" class="quiet" onClick={() => void backgroundNotices.ask()}>
          Tell me while this page is in the background
        </button>
      );
  }
}
