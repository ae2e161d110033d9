import { describe, expect, test } from "vitest";
import { checkFiles, limits, refusedIn } from "../../browser/src/upload.ts";

const image = (name: string, bytes = 10): File => new File([new Uint8Array(bytes)], name, { type: "image/png" });

describe("files are checked before they are sent", () => {
  test("good images pass without a word", () => {
    const files = [image("a.png"), image("b.png", limits.bytesPerFile)];
    expect(checkFiles(files)).toEqual({ good: files, problems: [] });
  });

  test("each bad file has a sentence that names it", () => {
    const text = new File(["x"], "notes.txt", { type: "text/plain" });
    const { good, problems } = checkFiles([image("empty.png", 0), text, image("huge.png", limits.bytesPerFile + 1)]);
    expect(good).toEqual([]);
    expect(problems).toHaveLength(3);
    expect(problems[0]).toContain("“empty.png” is empty");
    expect(problems[1]).toContain("“notes.txt” is not");
    expect(problems[2]).toContain("“huge.png” has");
  });

  test("a bad file does not hold back the good ones", () => {
    const { good, problems } = checkFiles([image("a.png"), image("empty.png", 0)]);
    expect(good.map(({ name }) => name)).toEqual(["a.png"]);
    expect(problems).toHaveLength(1);
  });

  test("more images than a batch may have are cut off, and it is said", () => {
    const { good, problems } = checkFiles(Array.from({ length: limits.files + 1 }, (_, n) => image(`${n}.png`)));
    expect(good).toHaveLength(limits.files);
    expect(problems).toEqual([`A batch has at most ${limits.files} images. Beyond that: “${limits.files}.png”.`]);
  });

  test("of many images beyond the limit the first five are named", () => {
    const { problems } = checkFiles(Array.from({ length: limits.files + 7 }, (_, n) => image(`${n}.png`)));
    expect(problems[0]).toContain(`“${limits.files + 4}.png” and 2 others.`);
  });
});

test.each([
  ['{"refused":[{"name":"a.png","code":"upload_type","message":"a.png is no image."}]}', ["a.png is no image."]],
  ['{"task_id":"x","refused":[]}', []],
  ['{"error":{"code":"upload_empty"}}', []],
  ["null", []],
  ["<html>502</html>", []],
])("of the answer %s the refused images are read", (text, sentences) => {
  expect(refusedIn(text)).toEqual(sentences);
});
