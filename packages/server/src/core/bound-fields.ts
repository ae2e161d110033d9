import { cutText } from "./cut-text.ts";

/** The longest text of a line, in code points; what is longer ends with an ellipsis. */
const maxText = 1000;

/** Of the head of a stack trace, so that a long message leaves room for the frames. */
const maxStackHead = 200;

/** All texts of a line together, in code points. */
const maxLine = 4000;

/** Properties of one object, and elements of one array. */
const maxEntries = 40;

const maxDepth = 5;

/** A text of a line, cut. */
export function boundText(text: string, max = maxText): string {
  const cut = cutText(text, max);
  return cut.length === text.length ? cut : `${cutText(cut, max - 1)}…`;
}

/**
 * A copy of a line's fields in which texts, keys, lists and depth are bounded, whatever they are made of. An Error stays
 * an Error, for logs that treat errors in a way of their own. Never throws: a line about a fault must not be the next.
 */
export function boundFields(fields: object): object {
  let room = maxLine;

  function text(value: string, max = maxText): string {
    const bounded = boundText(value, Math.min(max, Math.max(room, 1)));
    room -= bounded.length;
    return bounded;
  }

  function copy(value: unknown, depth: number): unknown {
    if (typeof value === "string") return text(value);
    if (typeof value === "bigint") return text(String(value));
    if (typeof value !== "object" || value === null) return typeof value === "function" ? undefined : value;
    if (depth >= maxDepth) return "…";
    if (value instanceof Error) return copyError(value, depth);
    if (ArrayBuffer.isView(value)) return `${value.byteLength} bytes`;
    if (Array.isArray(value)) return value.slice(0, maxEntries).map((each) => copy(each, depth + 1));
    const { toJSON } = value as { toJSON?: () => unknown };
    if (typeof toJSON === "function") return copy(toJSON.call(value), depth + 1);
    return copyEntries(value, depth);
  }

  function copyEntries(value: object, depth: number): Record<string, unknown> {
    const copied: Record<string, unknown> = Object.create(null);
    let count = 0;
    for (const key in value) {
      if (!Object.hasOwn(value, key)) continue;
      if (count >= maxEntries) break;
      count += 1;
      copied[text(key, 100)] = copy((value as Record<string, unknown>)[key], depth + 1);
    }
    return { ...copied };
  }

  function copyError(error: Error, depth: number): Error {
    // A DOMException's prototype reads slots that no copy has.
    const prototype = error instanceof DOMException ? Error.prototype : Object.getPrototypeOf(error);
    const copied: Error = Object.setPrototypeOf(new Error(), prototype);
    const message = text(String(error.message));
    const define = (name: string, value: unknown): void => {
      Object.defineProperty(copied, name, { value, writable: true, configurable: true });
    };
    define("name", text(String(error.name)));
    define("message", message);
    define("stack", error.stack && text(shortenHead(String(error.stack), String(error.message))));
    const { cause, errors } = error as AggregateError;
    if (cause !== undefined) define("cause", copy(cause, depth + 1));
    if (errors !== undefined) define("errors", copy(errors, depth + 1));
    const { message: _message, stack: _stack, cause: _cause, errors: _errors, ...own } = copyEntries(error, depth);
    return Object.assign(copied, own);
  }

  if (typeof fields !== "object" || fields === null) return {};
  try {
    return copy(fields, 0) as object;
  } catch {
    return { unreadable: true };
  }
}

/** The message is told beside the stack: in its head, a long one would leave nothing of the frames. */
function shortenHead(stack: string, message: string): string {
  if (message.length <= maxStackHead || !stack.includes(message)) return stack;
  return stack.replace(message, () => boundText(message, maxStackHead));
}
