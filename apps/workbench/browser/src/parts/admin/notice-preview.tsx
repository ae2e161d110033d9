import type { NoticeEntry } from "../../admin/notice-entry.ts";

/** A notice as users will see it: always as plain text. */
export function NoticePreview({ entry: { title, body, link, priority, requiresAck } }: { entry: NoticeEntry }) {
  return (
    <section class="preview" aria-labelledby="preview-heading">
      <h3 id="preview-heading">Preview</h3>
      <div class={`panel notice-card notice-${priority}`} data-testid="notice-preview">
        <p class="hint">{priority}</p>
        <p class="notice-title">{title || "Title"}</p>
        {body !== "" && <p class="notice-body">{body}</p>}
        {link !== "" && <p class="notice-link">{link}</p>}
        {requiresAck && <p class="hint">Requires acknowledgement.</p>}
      </div>
    </section>
  );
}
