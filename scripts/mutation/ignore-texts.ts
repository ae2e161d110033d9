/** The part of a Babel node that is looked at. */
interface Node {
  readonly type: string;
  readonly name?: string;
  readonly value?: unknown;
  readonly quasis?: readonly { readonly value: { readonly raw: string } }[];
  readonly properties?: readonly { readonly key?: Node }[];
  readonly body?: Node | readonly Node[];
  readonly expression?: Node;
  readonly callee?: Node;
  readonly object?: Node;
  readonly property?: Node;
}

/** Texts for people are no behaviour: the wording of hints and errors, and what goes into the log. */
function shouldIgnore({ node }: { readonly node: Node }): string | undefined {
  const texts = node.type === "StringLiteral" ? [node.value] : (node.quasis ?? []).map(({ value }) => value.raw);
  if (texts.some((text) => String(text).includes(" ")) || isHint(node)) return "a text for people";
  return isLogging(node) ? "goes into the log" : undefined;
}

const isHint = ({ type, properties = [] }: Node): boolean =>
  type === "ObjectExpression" && properties.length === 1 && properties[0]?.key?.name === "hint";

/** A call of the log or of `debug`, and a statement or block of nothing else. */
function isLogging({ type, expression, body, callee }: Node): boolean {
  if (type === "BlockStatement" && Array.isArray(body)) return body.length > 0 && body.every(isLogging);
  if (type === "ExpressionStatement" && expression !== undefined) return isLogging(expression);
  return callee?.name === "debug" || [callee?.object?.name, callee?.object?.property?.name].includes("log");
}

export const strykerPlugins = [{ kind: "Ignore", name: "texts", value: { shouldIgnore } }];
