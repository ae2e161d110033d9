/** Whom limits count for: a user, or the guests at an address. */
import { expect, it } from "vitest";
import type { Principal } from "../../src/core/ports.ts";
import { guestPlace, isGuestPlace, isPlace, placeOf, placeOfSubject, subjectOf } from "../../src/limits/subject.ts";

const ada = { userId: "ada", session: { ref: "s", expiresAt: null } } as unknown as Principal;
const guest = { userId: "guest:1", session: null } as unknown as Principal;

it("a user is counted by their id, wherever they come from, and guests by their network", () => {
  expect(placeOf(ada, "203.0.113.1")).toBe(placeOf(ada, "203.0.113.2"));
  expect(placeOf(guest, "2001:db8:1:2::1")).toBe(placeOf(guest, "2001:db8:1:2::2"));
  expect(placeOf(guest, "203.0.113.1")).not.toBe(placeOf(guest, "203.0.113.2"));
});

it("a place is that of a user or of guests, and an application's room is none", () => {
  const [user, guests] = [placeOf(ada, "203.0.113.1"), placeOf(guest, "203.0.113.1")];
  expect([user, guests, "task:1", "user_general"].map(isPlace)).toEqual([true, true, false, false]);
  expect([user, guests, "task:1"].map(isGuestPlace)).toEqual([false, true, false]);
});

it("administrators see a user's id or an address, and name the place by it", () => {
  expect(subjectOf(placeOf(ada, "x"))).toEqual({ subject: "user", id: "ada" });
  expect(subjectOf(guestPlace("203.0.113.1"))).toEqual({ subject: "address", id: "203.0.113.1" });
  for (const place of [placeOf(ada, "x"), guestPlace("203.0.113.1"), guestPlace("2001:db8::1")]) {
    const subject = subjectOf(place);
    if (!subject.id.includes("/")) expect(placeOfSubject(subject)).toBe(place);
  }
  expect(placeOfSubject({ subject: "address", id: "2001:db8:1:2::9" })).toBe(guestPlace("2001:db8:1:2::1"));
});
