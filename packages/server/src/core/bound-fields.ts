import { cutText } from "./cut-text.ts";

/** Maximum length of one text in a log line, in code points. A longer text is cut and ends with an ellipsis. */
const maxText = 1000;

/** Maximum length of the message in the head of a stack trace, so that a long message leaves room for the frames. */
const maxStackHead = 200;

/** Maximum total length of all texts of a log line, in code points. */
const maxLine = 4000;

/** Maximum number of properties of one object, and of elements of one array. */
const maxEntries = 40;

const maxDepth = 5;

/** Cuts one text of a log line to `max`. */
export function boundText(text: string, max = maxText): string {
  const cut = cutText(text, max);
  return cut.length === text.length ? cut : `${cutText(cut, max - 1)}…`;
}

/**
 * Copies the fields of a log line with bounded texts, keys, lists and depth, whatever values they hold. An Error stays
 * an Error, for loggers that treat errors specially. Never throws: logging a fault must not cause another one.
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
    // The prototype of DOMException reads internal slots that a copy does not have.
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

/**
 * Shortens the message in the head of a stack, where a long one would leave no room for the frames. The message is also
 * logged beside the stack.
 */
function shortenHead(stack: string, message: string): string {
  if (message.length <= maxStackHead || !stack.includes(message)) return stack;
  return stack.replace(message, () => boundText(message, maxStackHead));
}
