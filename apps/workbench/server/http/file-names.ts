/** Bytes of a file name that every file system accepts, with room for a number and an extension. */
const maxBytes = 200;

/** The name of an image without its extension, for use in a file name. */
export function stemOf(name: string): string {
  const stem = name
    .replace(/\.[^.]*$/, "")
    .replace(/[^\p{L}\p{M}\p{N}\p{So}\p{Emoji_Modifier}\p{Join_Control} ._-]/gu, "_");
  let kept = "";
  for (const character of stem) {
    if (Buffer.byteLength(kept + character) > maxBytes) break;
    kept += character;
  }
  return kept;
}

/**
 * Content-Disposition with a name in any script (RFC 6266, RFC 8187), and an ASCII name for clients that support no
 * other.
 */
export function contentDisposition(type: "inline" | "attachment", name: string): string {
  const ascii = name
    .normalize("NFD")
    .replace(/\p{M}/gu, "")
    .replace(/[^\w .-]/g, "_");
  const encoded = encodeURIComponent(name).replace(/['()*]/g, (each) => `%${each.charCodeAt(0).toString(16)}`);
  return `${type}; filename="${ascii}"; filename*=UTF-8''${encoded}`;
}
