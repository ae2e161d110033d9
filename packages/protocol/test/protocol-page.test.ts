/** Holds PROTOCOL.md to the code, both ways. */
import { readFileSync } from "node:fs";
import {
  contract,
  refusalCodes,
  refusals,
  securityEventTypes,
  sessionEndReasons,
  taskStatuses,
} from "@signalbox/protocol";
import { describe, expect, it } from "vitest";

const page = readFileSync(new URL("../../../PROTOCOL.md", import.meta.url), "utf8");

/** The text below a heading, up to the next heading of the same or a higher rank. */
function section(heading: string): string {
  const start = page.indexOf(`\n${heading}\n`);
  if (start < 0) throw new Error(`PROTOCOL.md has no heading "${heading}".`);
  const rest = page.slice(start + heading.length + 2);
  const rank = heading.indexOf(" ");
  const end = rest.search(new RegExp(`^#{1,${rank}} `, "m"));
  return end < 0 ? rest : rest.slice(0, end);
}

const firstColumn = (text: string): string[] => [...text.matchAll(/^\| `(\w+)`/gm)].map(([, name = ""]) => name);
const quoted = (text: string): string[] => [...text.matchAll(/`(\w+)`/g)].map(([, name = ""]) => name);

describe("PROTOCOL.md", () => {
  const shared = ["connection_established", "session_ending", "server_draining", "error"];

  it.each([
    ["### `/`, client to server", contract["/"].clientEvents, []],
    ["### `/`, server to client", contract["/"].serverEvents, []],
    ["### `/admin`, client to server", contract["/admin"].clientEvents, []],
    ["### `/admin`, server to client", contract["/admin"].serverEvents, shared],
  ] as const)("%s lists exactly the contract's events", (heading, events, described) => {
    expect([...firstColumn(section(heading)), ...described].sort()).toEqual([...events].sort());
  });

  it("names the legacy events", () => {
    const text = section("## Clients of Flask-SocketIO");
    for (const event of contract["/"].legacyClientEvents) expect(text).toContain(`\`${event}\``);
  });

  it("lists every refusal code under its category, and no other", () => {
    const rows = [...section("## Refusal").matchAll(/^\| (\w+) \| (`[^|]+`) \|/gm)];
    const documented = rows.flatMap(([, category, codes = ""]) => quoted(codes).map((code) => [code, category]));
    expect(Object.fromEntries(documented)).toEqual(
      Object.fromEntries(refusalCodes.map((code) => [code, refusals[code].category])),
    );
  });

  it("lists every kind of security event, status and reason for an ending session", () => {
    expect(quoted(section("## SecurityEvent"))).toEqual(expect.arrayContaining([...securityEventTypes]));
    expect(quoted(section("## TaskSnapshot"))).toEqual(expect.arrayContaining([...taskStatuses]));
    expect(quoted(section("### `/`, server to client"))).toEqual(expect.arrayContaining([...sessionEndReasons]));
  });
});
