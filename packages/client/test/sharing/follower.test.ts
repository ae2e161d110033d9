import { describe, expect, test } from "vitest";
import { createReporter } from "../../src/report.ts";
import { createFollower } from "../../src/sharing/follower.ts";
import type { Asking } from "../../src/sharing/messages.ts";
import { manualEnvironment } from "../unit/manual-environment.ts";
import { settled } from "./fake-browser.ts";

/** A follower without other tabs, until the test answers. */
function createLoneFollower() {
  const environment = manualEnvironment();
  const follower = createFollower(environment, createReporter());
  const said: Asking[] = [];
  const lock = { held: true, queries: 0, broken: false };
  follower.attach({
    send: (message) => said.push(message),
    async leaderless() {
      lock.queries += 1;
      if (lock.broken) throw new DOMException("No locks here", "SecurityError");
      return !lock.held;
    },
  });
  const statuses: string[] = [];
  follower.link.onNamespace((_, { status }) => statuses.push(status));
  const heard = (): string[] => said.splice(0).map(({ type }) => type);
  const pass = async (ms: number): Promise<void> => {
    environment.advance(ms);
    await settled();
  };
  return { follower, heard, lock, pass, statuses };
}

const lead = (term: string) => ({ type: "lead", term, to: undefined }) as const;
const open = (term: string) =>
  ({ type: "namespace", namespace: "/", state: { status: "open", diagnosis: null }, term, to: undefined }) as const;

describe("a leader that is silent for 2 s", () => {
  test("is asked for an answer, and stays the leader as long as its lock is held", async () => {
    const { follower, heard, lock, pass, statuses } = createLoneFollower();
    follower.receive(lead("1"));
    follower.link.open("/");
    follower.receive(open("1"));
    const answer = follower.link.request("/", "get_task_status", { task_id: "t1" }, { idempotent: true });
    expect(heard()).toEqual(["ask", "hello", "hello", "request"]);

    await pass(1999);
    expect([heard(), lock.queries]).toEqual([[], 0]);
    await pass(1);
    expect([heard(), lock.queries]).toEqual([["ask"], 1]);
    await pass(2000);
    expect([heard(), lock.queries]).toEqual([["ask"], 2]);
    expect(statuses).toEqual(["opening", "open"]);

    follower.receive(lead("1"));
    await pass(5000);
    expect([heard(), lock.queries], "it has answered").toEqual([[], 2]);
    follower.receive({ type: "answer", id: 1, answer: { task: null }, term: "1", to: undefined });
    await expect(answer).resolves.toEqual({ task: null });
  });

  test("counts as gone when its lock is free, and idempotent requests wait for the next leader", async () => {
    const { follower, heard, lock, pass, statuses } = createLoneFollower();
    follower.receive(lead("1"));
    follower.link.open("/");
    follower.receive(open("1"));
    const again = follower.link.request("/", "get_task_status", { task_id: "t1" }, { idempotent: true });
    const once = follower.link.request("/", "cancel_task", { task_id: "t1" });
    heard();
    lock.held = false;
    const rejected = expect(once).rejects.toMatchObject({ code: "connection_lost" });
    await pass(2000);
    await rejected;
    expect(heard()).toEqual(["ask"]);
    expect(statuses).toEqual(["opening", "open", "closed", "opening"]);

    follower.receive(lead("2"));
    expect(heard()).toEqual(["hello", "request"]);
    follower.receive({ type: "answer", id: 3, answer: {}, term: "2", to: undefined });
    await expect(again).resolves.toEqual({});
  });

  test("changes nothing for a follower that had no leader", async () => {
    const { follower, heard, lock, pass, statuses } = createLoneFollower();
    follower.link.open("/");
    lock.held = false;
    await pass(2000);
    await pass(2000);
    expect(heard()).toEqual(["ask", "ask", "ask"]);
    expect(statuses).toEqual(["opening"]);
    expect(follower.link.state.get().status).toBe("connecting");
  });

  test("is waited for where locks cannot be queried", async () => {
    const { follower, heard, lock, pass, statuses } = createLoneFollower();
    follower.receive(lead("1"));
    follower.link.open("/");
    heard();
    lock.broken = true;
    await pass(2000);
    expect(heard()).toEqual(["ask"]);
    expect(statuses).toEqual(["opening"]);
  });
});

test("a follower sends its leader the complete list of wanted namespaces at every change", () => {
  const environment = manualEnvironment();
  const follower = createFollower(environment, createReporter());
  const wants: (readonly string[])[] = [];
  follower.attach({
    send: (message) => message.type === "hello" && wants.push(message.wants),
    leaderless: async () => false,
  });
  follower.link.open("/");
  follower.receive(lead("1"));
  follower.link.open("/admin");
  follower.link.leave("/");
  follower.receive(lead("2"));
  expect(wants).toEqual([["/"], ["/", "/admin"], ["/admin"], ["/admin"]]);
});
