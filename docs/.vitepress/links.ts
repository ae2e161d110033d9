/**
 * Pages are written for GitHub, where a link may lead to a README.md, a folder or a source file. On the site a README is
 * the index of its folder, and what is no page is no link.
 */
interface Token {
  readonly type: string;
  readonly children: Token[] | null;
  attrGet(name: string): string | null;
  attrSet(name: string, value: string): void;
}

const isElsewhere = (href: string): boolean => /^([a-z]+:|#)/.test(href);
const isPage = (href: string): boolean => /\.md(#.*)?$/.test(href);

export function siteLinks(markdown: {
  core: { ruler: { push(name: string, rule: (state: { tokens: Token[] }) => void): void } };
}) {
  markdown.core.ruler.push("site_links", ({ tokens }) => {
    for (const { children } of tokens) if (children !== null) rewrite(children);
  });
}

function rewrite(tokens: Token[]): void {
  let isDropped = false;
  const kept = tokens.filter((token) => {
    if (token.type === "link_close") return !isDropped;
    if (token.type !== "link_open") return true;
    const href = token.attrGet("href") ?? "";
    isDropped = !isElsewhere(href) && !isPage(href);
    if (!isElsewhere(href)) token.attrSet("href", href.replace(/(^|\/)README\.md(#|$)/, "$1index.md$2"));
    return !isDropped;
  });
  tokens.splice(0, tokens.length, ...kept);
}
