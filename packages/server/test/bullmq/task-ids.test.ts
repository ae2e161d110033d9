import { describe, expect, it } from "vitest";
import { createTaskIds } from "../../src/bullmq/task-ids.ts";

describe("the task ids of a queue's jobs", () => {
  const jobIds = [
    ...["1", "0b9c3a1e-6f0e-4a5e-9d1c-111111111111", "repeat:abc:1700000000000"],
    ...["user/234", "ann@example.com", "", " ", "😀", "a\u0000b", "x".repeat(128), "x".repeat(5000), "/".repeat(90)],
    ...["b64:dXNlci8yMzQ", "b64:", "sha256:x"],
  ];

  it("are ids that a task may have, different for each job, and lead back to it", () => {
    const ids = createTaskIds("images");
    const encoded = jobIds.map(ids.of);
    for (const id of encoded) expect(id).toMatch(/^[\w.:-]{1,128}$/);
    expect(new Set(encoded).size).toBe(jobIds.length);
    expect(encoded.map(ids.jobIdOf)).toEqual(jobIds);
    // An encoded name does not collide with a name that looks like it.
    expect(ids.of(ids.of("user/234").slice("images:".length))).not.toBe(ids.of("user/234"));
  });

  it("stay as they are where that is possible", () => {
    expect(createTaskIds("images").of("42")).toBe("images:42");
    expect(createTaskIds("images", "").of("42")).toBe("42");
    expect(createTaskIds("images", "img-").of("42")).toBe("img-42");
  });

  it("begin with the queue's name, encoded if necessary; an invalid prefix is refused", () => {
    expect(createTaskIds("ann's images").of("1")).toMatch(/^b64:[\w-]+:1$/);
    expect(createTaskIds("q".repeat(500)).of("/".repeat(500)).length).toBeLessThanOrEqual(128);
    expect(() => createTaskIds("images", "my images/")).toThrow('taskIdPrefix "my images/" must match');
    expect(() => createTaskIds("images", "x".repeat(100))).toThrow("at most 78 fit");
  });
});
