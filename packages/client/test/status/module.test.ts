/** The element's module as others load it. */
import { gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import limits from "../../../../size-limits.json" with { type: "json" };
import { bundle } from "./harness.ts";

const size = (code: string): number => gzipSync(code, { level: 9 }).byteLength;

describe("the module of <connection-status>", () => {
  it("can be imported where there are no elements", async () => {
    expect("customElements" in globalThis).toBe(false);
    const { ConnectionStatusElement } = await import("../../src/status/connection-status.ts");
    expect(ConnectionStatusElement.observedAttributes).toEqual(["debug", "sign-in-url"]);
  });

  it("is as small as promised; the details of debug mode are loaded on demand", async () => {
    const { entry, files } = await bundle("../../src/status/connection-status.ts");
    const details = Object.keys(files).filter((name) => name.startsWith("details"));
    expect(details).toHaveLength(1);
    const atOnce = Object.entries(files).filter(([name]) => !details.includes(name));
    expect(size(atOnce.map(([, code]) => code).join(""))).toBeLessThan(
      limits.clientGzippedBytes["./connection-status"],
    );
    expect(entry).not.toContain("SOCKETIO_");
  });

  it("carries no language but English", async () => {
    const { entry } = await bundle("../../src/status/connection-status.ts");
    expect(entry).toContain("Reconnecting…");
    expect(entry).not.toMatch(/Verbunden|Conectado/);
  });
});
