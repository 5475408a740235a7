import { QueryClient } from "@tanstack/react-query";
import { describe, expect, it } from "vitest";
import { keys, keysOfEvent, mapRecord, patchCached } from "./cache";

interface Row {
  id: string;
  name: string;
}
const rename = (row: Row) => ({ ...row, name: "new" });
const row = (id: string): Row => ({ id, name: id });

describe("what an event makes stale", () => {
  it("follows the prefix of its kind, whatever comes after", () => {
    expect(keysOfEvent("booking.cancelled")).toContainEqual([keys.bookings]);
    expect(keysOfEvent("booking.something_new")).toEqual(keysOfEvent("booking.created"));
    expect(keysOfEvent("booking.created")).toContainEqual([keys.slots]);
    expect(keysOfEvent("contact.updated")).toContainEqual([keys.contacts]);
    expect(keysOfEvent("event_type.archived")).toContainEqual([keys.eventTypes]);
    expect(keysOfEvent("schedule.updated")).toContainEqual([keys.schedules]);
    expect(keysOfEvent("member.joined")).toContainEqual([keys.members]);
    expect(keysOfEvent("invitation.revoked")).toContainEqual([keys.invitations]);
  });

  it("leaves everything but the audit trail for a kind of another module", () => {
    expect(keysOfEvent("deal.won")).toEqual([[keys.audit]]);
  });
});

describe("changes shown at once", () => {
  it("reach a record wherever it stands", () => {
    expect(mapRecord(row("1"), "1", rename)).toEqual({ id: "1", name: "new" });
    expect(mapRecord({ items: [row("1"), row("2")] }, "2", rename).items[1]).toEqual({
      id: "2",
      name: "new",
    });
    const pages = { pages: [{ items: [row("1")] }, { items: [row("2")] }], pageParams: [] };
    expect(mapRecord(pages, "2", rename).pages[1]?.items[0]?.name).toBe("new");
    expect(mapRecord(pages, "2", rename).pages[0]).toEqual(pages.pages[0]);
  });

  it("take a record out of lists", () => {
    expect(mapRecord({ items: [row("1"), row("2")] }, "1", () => null).items).toEqual([row("2")]);
    expect(mapRecord(row("1"), "1", () => null)).toEqual(row("1"));
  });

  it("know members by their user", () => {
    const members = { items: [{ user_id: "u", name: "a" }] };
    expect(mapRecord(members, "u", rename as never).items[0]?.name).toBe("new");
  });

  it("do not take another record that merely belongs to the user", () => {
    const organizers = { items: [{ id: "o", user_id: "u", name: "a" }] };
    expect(mapRecord(organizers, "u", rename as never)).toEqual(organizers);
  });

  it("are taken back on refusal", () => {
    const client = new QueryClient();
    client.setQueryData([keys.contacts, "list"], { items: [row("1")] });
    client.setQueryData([keys.contacts, "one", "1"], row("1"));
    client.setQueryData([keys.bookings, "one", "1"], row("1"));
    const undo = patchCached(client, keys.contacts, "1", rename);
    expect(client.getQueryData([keys.contacts, "one", "1"])).toEqual({ id: "1", name: "new" });
    expect(client.getQueryData([keys.bookings, "one", "1"])).toEqual(row("1"));
    undo();
    expect(client.getQueryData([keys.contacts, "one", "1"])).toEqual(row("1"));
    expect(client.getQueryData([keys.contacts, "list"])).toEqual({ items: [row("1")] });
  });
});
