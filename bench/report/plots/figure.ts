import { type Tone, textColour, tones } from "./colours.ts";
import type { DescribedPanel } from "./panel.ts";
import { element, escapeText } from "./svg.ts";

export const figureWidth = 760;

const toneStyle = (tone: Tone): string =>
  `.${tone}{stroke:${tones[tone]};fill:${tones[tone]}}.${tone} rect{fill-opacity:.35}`;

const style = [
  "text{font-family:system-ui,-apple-system,'Segoe UI',Helvetica,Arial,sans-serif;font-size:13px;stroke:none}",
  `text{fill:${textColour}}.title{font-size:14px;font-weight:600}.strong{font-weight:600}.label{text-anchor:end}.tick{text-anchor:middle;font-size:12px}`,
  `.axis{stroke:${textColour};stroke-opacity:.6}.grid{stroke:${textColour};stroke-opacity:.35;stroke-dasharray:3 4}`,
  "rect,line,polyline{stroke-width:1.5}polyline{fill:none;stroke-width:2}",
  ...(Object.keys(tones) as Tone[]).map(toneStyle),
].join("");

/**
 * A picture of panels, one below the other, without a background.
 * @param title - what browsers and screen readers call it
 */
export function figure(title: string, panels: readonly DescribedPanel[]): string {
  let top = 0;
  const placed = panels.map(({ height, markup }) => {
    const group = element("g", { transform: `translate(0 ${top})` }, markup);
    top += height;
    return group;
  });
  const frame = {
    xmlns: "http://www.w3.org/2000/svg",
    viewBox: `0 0 ${figureWidth} ${top}`,
    width: figureWidth,
    height: top,
    role: "img",
  };
  return `${element(
    "svg",
    frame,
    element("title", {}, escapeText(title)),
    element("desc", {}, escapeText(panels.map(({ words }) => words).join(" "))),
    element("style", {}, style),
    ...placed,
  )}\n`;
}
