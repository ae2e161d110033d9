/**
 * What browsers have that is not "Baseline Widely available" as of November 2026: newer than Chrome 125, Firefox 126 and
 * Safari 17.5. Pages must work without any of it.
 */
export const newerApis: readonly string[] = [
  ...[
    "URL.parse",
    "Promise.try",
    "RegExp.escape",
    "Error.isError",
    "Math.sumPrecise",
    "Math.f16round",
    "Iterator.from",
  ],
  ...["Atomics.pause", "JSON.rawJSON", "JSON.isRawJSON", "Uint8Array.fromBase64", "Uint8Array.fromHex"],
  ...[
    "Uint8Array.prototype.toBase64",
    "Uint8Array.prototype.toHex",
    "Response.prototype.bytes",
    "Blob.prototype.bytes",
  ],
  ...["union", "intersection", "difference", "symmetricDifference", "isSubsetOf", "isSupersetOf", "isDisjointFrom"].map(
    (name) => `Set.prototype.${name}`,
  ),
  ...["map", "filter", "take", "drop", "flatMap", "reduce", "toArray", "forEach", "some", "every", "find"].map(
    (name) => `Iterator.prototype.${name}`,
  ),
  ...["Map.prototype.getOrInsert", "Map.prototype.getOrInsertComputed", "Element.prototype.moveBefore"],
  ...["HTMLElement.prototype.showPopover", "HTMLElement.prototype.togglePopover", "Element.prototype.setHTMLUnsafe"],
  ...[
    "Document.parseHTMLUnsafe",
    "Document.prototype.startViewTransition",
    "Document.prototype.caretPositionFromPoint",
  ],
  ...["Float16Array", "DisposableStack", "AsyncDisposableStack", "SuppressedError", "Intl.DurationFormat", "Temporal"],
  ...["URLPattern", "CloseWatcher", "cookieStore", "scheduler", "requestIdleCallback", "navigation", "trustedTypes"],
];

/** Runs in the page, before its own scripts. */
export function removeApis(paths: readonly string[]): void {
  for (const path of paths) {
    const names = path.split(".");
    const last = names.pop() ?? "";
    let owner: object | undefined = globalThis;
    for (const name of names) owner = owner && Reflect.get(owner, name);
    if (owner !== undefined) Reflect.deleteProperty(owner, last);
  }
}
