import { describe, expect, it } from "vitest";
import type { ConnectionStatus } from "../../src/connection-state.ts";
import { diagnoses } from "../../src/diagnosis.ts";
import { de } from "../../src/status/texts/de.ts";
import { en } from "../../src/status/texts/en.ts";
import { es } from "../../src/status/texts/es.ts";
import type { StatusTexts } from "../../src/status/texts/table.ts";
import { statesOf } from "./states.ts";

const statuses = Object.keys(statesOf(0)) as ConnectionStatus[];

/** Every sentence of a table under its path. */
function sentences(table: object, path = ""): Map<string, string> {
  return new Map(
    Object.entries(table).flatMap(([key, value]: [string, unknown]) =>
      typeof value === "object" && value !== null
        ? [...sentences(value, `${path}${key}.`)]
        : [[path + key, String(value)] as const],
    ),
  );
}

describe.each([en, de, es])("the texts in $lang", (texts: StatusTexts) => {
  it("have a sentence for exactly the codes of the table of diagnoses", () => {
    expect(Object.keys(texts.diagnoses).sort()).toEqual(Object.keys(diagnoses).sort());
  });

  it("have a headline for every status", () => {
    expect(Object.keys(texts.headlines).sort()).toEqual(statuses.sort());
  });

  it("say the same things as the English ones, and nothing is empty", () => {
    expect([...sentences(texts).keys()].sort()).toEqual([...sentences(en).keys()].sort());
    expect([...sentences(texts).values()].filter((sentence) => sentence.trim() === "")).toEqual([]);
  });

  it("leave room for the time", () => {
    expect(texts.countdown).toContain("{time}");
  });

  it("end their sentences", () => {
    const whole = [...Object.values(texts.diagnoses), ...Object.values(texts.details), texts.exhausted];
    expect(whole.filter((sentence) => !sentence.endsWith("."))).toEqual([]);
  });
});

describe.each([de, es])("the translation into $lang", (texts: StatusTexts) => {
  it("leaves no sentence in English", () => {
    const english = sentences(en);
    const same = [...sentences(texts)].filter(([path, sentence]) => english.get(path) === sentence);
    // Words that are the same in both languages.
    const shared = new Set(["debug.status", "debug.code", "debug.transport"]);
    expect(same.filter(([path]) => !shared.has(path))).toEqual([]);
  });
});

it("English is the table of diagnoses, and no copy of it", () => {
  for (const [code, { message }] of Object.entries(diagnoses)) {
    expect(en.diagnoses[code as keyof typeof diagnoses]).toBe(message);
  }
});
