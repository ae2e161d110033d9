/** Creates an element whose class and part have the same name. Contents are nodes: no markup is ever parsed. */
export function make<Tag extends keyof HTMLElementTagNameMap>(
  tag: Tag,
  name = "",
  ...contents: Node[]
): HTMLElementTagNameMap[Tag] {
  const element = document.createElement(tag);
  if (name !== "") mark(element, name);
  element.append(...contents);
  return element;
}

/** Sets a class for the built-in style sheet, and a part of the same name for the application's style sheet. */
export function mark(element: Element, name: string): void {
  element.className = name;
  element.setAttribute("part", name);
}

/** Writes only changes: a live region repeats what is written again, and a selection would be lost. */
export function write(node: Element, text: string): void {
  if (node.textContent !== text) node.textContent = text;
}
