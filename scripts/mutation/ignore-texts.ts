/** The part of a Babel path that is looked at. */
interface Path {
  readonly node: {
    readonly type: string;
    readonly value?: unknown;
    readonly quasis?: readonly { readonly value: { readonly raw: string } }[];
    readonly callee?: Callee;
  };
}

interface Callee {
  readonly name?: string;
  readonly object?: Callee;
  readonly property?: Callee;
}

/** Texts for people are no behaviour: the wording of hints and errors, and what goes into the log. */
function shouldIgnore({ node }: Path): string | undefined {
  const texts = node.type === "StringLiteral" ? [node.value] : (node.quasis ?? []).map(({ value }) => value.raw);
  if (texts.some((text) => String(text).includes(" "))) return "a text for people";
  return isLogging(node.callee) ? "goes into the log" : undefined;
}

const isLogging = (callee: Callee | undefined): boolean =>
  callee?.name === "debug" || [callee?.object?.name, callee?.object?.property?.name].includes("log");

export const strykerPlugins = [{ kind: "Ignore", name: "texts", value: { shouldIgnore } }];
