import { describe, expect, it } from "vitest";
import { en } from "@/i18n/en";
import { nl } from "@/i18n/nl";
import { areasOf, expiryAt, expiryState, summaryOf } from "./accessTokens";

const NOW = new Date("2026-11-21T12:00:00Z");

describe("the end of a token", () => {
  it("lies as many days ahead as was chosen, or nowhere", () => {
    expect(expiryAt("30", NOW)).toBe("2026-12-21T12:00:00.000Z");
    expect(expiryAt("365", NOW)).toBe("2027-11-21T12:00:00.000Z");
    expect(expiryAt("never", NOW)).toBeNull();
  });

  it("is warned of for a week, and told once it has come", () => {
    expect(expiryState(null, NOW)).toBe("far");
    expect(expiryState("2026-11-28T12:00:01Z", NOW)).toBe("far");
    expect(expiryState("2026-11-28T12:00:00Z", NOW)).toBe("soon");
    expect(expiryState("2026-11-21T12:00:00Z", NOW)).toBe("expired");
  });
});

describe("what a token may do", () => {
  it("is told by kind of record in the order of the roles, what is newer than this screen last", () => {
    expect(areasOf(["invoices:read", "contacts:delete", "bookings:read", "contacts:read"], en)).toEqual([
      { resource: "bookings", codenames: ["bookings:read"] },
      { resource: "contacts", codenames: ["contacts:read", "contacts:delete"] },
      { resource: "invoices", codenames: ["invoices:read"] },
    ]);
  });

  it("is summed up by what it changes and what it only sees", () => {
    expect(summaryOf(["contacts:read", "contacts:write", "bookings:read"], en, "en")).toEqual([
      "May change: Contacts",
      "May see: Bookings",
    ]);
    expect(summaryOf(["jobs:manage"], nl, "nl")).toEqual(["Mag wijzigen: Taken"]);
  });

  it("counts what would make the line long", () => {
    const five = ["bookings", "event_types", "schedules", "contacts", "members"].map((x) => `${x}:read`);
    expect(summaryOf(five, en, "en")).toEqual(["May see: Bookings, Event types, Availability, and 2 more"]);
    expect(summaryOf(five.slice(1), en, "en-GB")).toEqual([
      "May see: Event types, Availability, Contacts and Members",
    ]);
  });
});
