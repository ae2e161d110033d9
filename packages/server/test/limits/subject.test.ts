/** The subject that limits count for: a user, or the guests at an address. */
import { expect, it } from "vitest";
import type { Principal } from "../../src/core/ports.ts";
import {
  guestSubject,
  isGuestSubject,
  isLimitSubject,
  keyOfSubject,
  limitSubject,
  subjectOfKey,
} from "../../src/limits/subject.ts";

const ada = { userId: "ada", session: { ref: "s", expiresAt: null } } as unknown as Principal;
const guest = { userId: "guest:1", session: null } as unknown as Principal;

it("a user is counted by their id, wherever they come from, and guests by their network", () => {
  expect(limitSubject(ada, "203.0.113.1")).toBe(limitSubject(ada, "203.0.113.2"));
  expect(limitSubject(guest, "2001:db8:1:2::1")).toBe(limitSubject(guest, "2001:db8:1:2::2"));
  expect(limitSubject(guest, "203.0.113.1")).not.toBe(limitSubject(guest, "203.0.113.2"));
});

it("a subject is a user or the guests of a network, and an application's room is not one", () => {
  const [user, guests] = [limitSubject(ada, "203.0.113.1"), limitSubject(guest, "203.0.113.1")];
  expect([user, guests, "task:1", "user_general"].map(isLimitSubject)).toEqual([true, true, false, false]);
  expect([user, guests, "task:1"].map(isGuestSubject)).toEqual([false, true, false]);
});

it("administrators see a user's id or an address, and name the subject by it", () => {
  expect(subjectOfKey(limitSubject(ada, "x"))).toEqual({ subject: "user", id: "ada" });
  expect(subjectOfKey(guestSubject("203.0.113.1"))).toEqual({ subject: "address", id: "203.0.113.1" });
  for (const place of [limitSubject(ada, "x"), guestSubject("203.0.113.1"), guestSubject("2001:db8::1")]) {
    const subject = subjectOfKey(place);
    if (!subject.id.includes("/")) expect(keyOfSubject(subject)).toBe(place);
  }
  expect(keyOfSubject({ subject: "address", id: "2001:db8:1:2::9" })).toBe(guestSubject("2001:db8:1:2::1"));
});
