/**
 * Colours follow the page's `color-scheme`, as form controls do: a page that is always light gets a light element. The
 * default colours have a contrast of at least 4.5 to 1 on their own background. A quiet element has no background and
 * takes the page's text colour. All marks are drawn with borders, which stay visible in forced colours.
 */
const css = `
:host { display: block }
:host([hidden]), [hidden] { display: none !important }
.root {
  --ok: var(--connection-status-ok, light-dark(#0c6b4a, #4cd09b));
  --waiting: var(--connection-status-waiting, light-dark(#8a5300, #f0b95c));
  --problem: var(--connection-status-problem, light-dark(#b3261e, #ff9d94));
  --neutral: var(--connection-status-neutral, light-dark(#545e6b, #a3adb9));
  --surface: var(--connection-status-surface, light-dark(#fff, #171b21));
  --text: var(--connection-status-text, light-dark(#1a2027, #e8ebef));
  --soft: var(--connection-status-text-soft, light-dark(#49525e, #b4bdc8));
  --line: var(--connection-status-line, light-dark(#858d99, #6d7885));
  --radius: var(--connection-status-radius, .5em);
  --tone: var(--neutral);
  font-size: .9375em;
  line-height: 1.4;
}
.ok { --tone: var(--ok) }
.waiting { --tone: var(--waiting) }
.problem { --tone: var(--problem) }
.box, .content, .actions { display: flex; align-items: center; gap: .5em .75em }
.quiet { align-items: start; min-height: 1.4em; font-size: .9375em }
.content, .actions { flex-wrap: wrap }
.content { flex: 1; min-width: 0 }
.full {
  padding: .625em .875em;
  border: 1px solid color-mix(in srgb, var(--tone) 40%, var(--surface));
  border-radius: var(--radius);
  background: color-mix(in srgb, var(--tone) 7%, var(--surface));
  color: var(--text);
}
.mark {
  box-sizing: border-box;
  display: grid;
  place-items: center;
  flex: none;
  width: 1.25em;
  height: 1.25em;
  border: .17em solid var(--tone);
  border-radius: 50%;
  color: var(--tone);
  font-weight: 700;
  line-height: 1;
}
.quiet .mark { width: .625em; height: .625em; margin-top: .35em }
.ok .mark { border-width: .3125em; background: var(--tone) }
.waiting .mark { border-inline-start-color: color-mix(in srgb, var(--tone) 25%, transparent) }
.problem .mark::before { content: "!"; font-size: .8125em }
.full .mark { align-self: start; margin-top: .075em }
/* Where less than 14em would be left of it, the text takes a line of its own. */
.column { flex: 1 1 14em; min-width: 0; overflow-wrap: anywhere; text-wrap: pretty }
p { margin: 0 }
.full .headline { font-weight: 600 }
.full .detail, .countdown { color: var(--soft) }
.quiet p { display: inline }
.quiet .detail:not(:empty)::before { content: " · " }
.countdown { font-variant-numeric: tabular-nums }
.button {
  box-sizing: border-box;
  display: inline-flex;
  align-items: center;
  justify-content: center;
  min-height: 2.25em;
  padding: .25em .875em;
  border: 1px solid var(--line);
  border-radius: calc(var(--radius) * .75);
  background: var(--surface);
  color: var(--text);
  font: inherit;
  font-weight: 500;
  text-decoration: none;
  cursor: pointer;
}
.button[aria-disabled=true] { color: var(--soft); cursor: default }
.button:hover:not([aria-disabled=true]) { background: color-mix(in srgb, var(--tone) 12%, var(--surface)); border-color: var(--tone) }
:focus-visible { outline: .175em solid var(--tone); outline-offset: .125em }
.details {
  margin-top: .5em;
  padding-inline: .875em;
  border: 1px solid color-mix(in srgb, var(--line) 45%, var(--surface));
  border-radius: var(--radius);
  background: var(--surface);
  color: var(--text);
  font-size: .875em;
}
summary { min-height: 24px; padding-block: .375em; color: var(--soft); cursor: pointer }
dl { display: grid; grid-template-columns: auto minmax(0, 1fr); gap: .25em 1em; margin: .25em 0 .75em }
dt { color: var(--soft) }
dd { margin: 0; overflow-wrap: anywhere; font-variant-numeric: tabular-nums }
.lines { white-space: pre-line }
.copy { display: flex; flex-wrap: wrap; align-items: center; gap: .5em .75em; padding-bottom: .75em }
textarea { box-sizing: border-box; width: 100%; height: 9em; border: 1px solid var(--line); background: var(--surface); color: var(--text); font: .9375em ui-monospace, monospace }
@media (pointer: coarse) {
  .button, summary { min-height: 44px }
  .button { min-width: 44px }
  summary { align-content: center }
}
@media (prefers-reduced-motion: no-preference) {
  .full { animation: come .2s }
  .busy .mark { animation: turn 1.2s linear infinite }
}
@keyframes come { from { opacity: 0 } }
@keyframes turn { to { rotate: 1turn } }
`;

let sheet: CSSStyleSheet | undefined;

/** One sheet for all elements. A constructed sheet needs no `'unsafe-inline'` in a Content Security Policy. */
export function styleSheet(): CSSStyleSheet {
  if (sheet === undefined) {
    sheet = new CSSStyleSheet();
    sheet.replaceSync(css);
  }
  return sheet;
}
