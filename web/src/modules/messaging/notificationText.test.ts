import { describe, expect, it } from "vitest";
import { en } from "@/i18n/en";
import { nl } from "@/i18n/nl";
import { formatsFor } from "@/shared/time";
import { notificationDetail, notificationText } from "./notificationText";
import { channelOf, inputOf, withChannel } from "./preferences";

const f = formatsFor("en-GB", "Europe/Amsterdam");
const ana = { user_id: "a", name: "Ana" };
const bo = { user_id: "b", name: "Bo" };

function told(kind: string, facts: Record<string, unknown>, actor: typeof ana | null = null, person = actor) {
  return { kind, facts, actor, person };
}

describe("a notification", () => {
  const facts = { invitee: "Vera", event_type: "Intro call", start: "2031-09-09T09:00:00Z" };

  it("says who and what in the reader's language", () => {
    expect(notificationText(told("booking.created", facts), en, f)).toBe("Vera booked Intro call");
    expect(notificationText(told("booking.created", facts), nl, f)).toBe("Vera boekte Intro call");
    const roles = told("member.roles_changed", { roles: ["editor", "Desk"] }, ana, null);
    expect(notificationText(roles, en, f)).toBe(
      `Ana changed what you may do: ${en.roles.names.editor}, Desk`,
    );
    const suspicion = told("account.suspicious_activity", { kind: "new_place" });
    expect(notificationText(suspicion, en, f)).toContain("a sign-in from a new place");
    const deletion = told("tenant.deletion_requested", { scheduled_at: "2031-09-15T06:00:00Z" }, ana, null);
    expect(notificationText(deletion, en, f)).toContain(f.date("2031-09-15T06:00:00Z"));
  });

  it("names whom it is about, and of an offer who made it", () => {
    expect(notificationText(told("ownership.transferred", {}, ana, bo), en, f)).toMatch(/^Bo /);
    expect(notificationText(told("ownership.offered", {}, ana, bo), en, f)).toMatch(/^Ana /);
    expect(notificationText(told("ownership.offered", {}), en, f)).toMatch(/^Somebody /);
  });

  it("says when a booking is and which member changed it", () => {
    expect(notificationDetail(told("booking.cancelled", facts, ana, null), en, f)).toBe(
      `${f.dateTime("2031-09-09T09:00:00Z")} · by Ana`,
    );
    expect(notificationDetail(told("job.failed", { task: "SendMails" }), en, f)).toBe("");
  });

  it("of a kind newer than the app still says something", () => {
    expect(notificationText(told("comet.seen", {}), en, f)).toBe("Something happened: comet seen");
  });
});

it("a switch changes its own channel and sends the rest as it stands", () => {
  const both = { in_app: true, email: true };
  const channels = { bookings: both, workspace: { in_app: true }, system: { in_app: true }, security: both };
  const hours = { enabled: false, from: "22:00", until: "07:00" };
  const stands = { channels, do_not_disturb: hours, reminder_minutes_before: 60, version: 3 };
  expect(channelOf(stands, "workspace", "email")).toBeUndefined();
  const sent = withChannel(inputOf(stands), "bookings", "email", false);
  expect(sent).toEqual({
    channels: { ...channels, bookings: { in_app: true, email: false } },
    do_not_disturb: hours,
    reminder_minutes_before: 60,
  });
});
