/** An element of SVG. Numbers are cut to a tenth of a pixel: the file is kept in a repository. */
export function element(
  name: string,
  attributes: Readonly<Record<string, string | number>>,
  ...content: string[]
): string {
  const written = Object.entries(attributes).map(([key, value]) => ` ${key}="${attributeText(value)}"`);
  const head = `<${name}${written.join("")}`;
  return content.length === 0 ? `${head}/>` : `${head}>${content.join("")}</${name}>`;
}

const attributeText = (value: string | number): string =>
  typeof value === "number" ? String(Math.round(value * 10) / 10) : escapeText(value);

/** Text as the content of an element or the value of an attribute. */
export const escapeText = (text: string): string =>
  text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll('"', "&quot;");

/** One line of text; `x` and `y` are those of its base line. */
export const text = (x: number, y: number, className: string, content: string): string =>
  element("text", { x, y, class: className }, escapeText(content));

/** A straight line. */
export const line = (x1: number, y1: number, x2: number, y2: number, className: string): string =>
  element("line", { x1, y1, x2, y2, class: className });
