import { expect, it } from "vitest";
import { hasLapsed } from "./lapsed";
import { setupSteps } from "./setup";

const steps = (...codenames: string[]) => setupSteps((codename) => codenames.includes(codename));

it("asks nobody to set up what the role does not allow", () => {
  expect(steps("bookings:read", "event_types:read", "schedules:read", "organizers:read")).toEqual([]);
  expect(steps("invitations:write")).toEqual(["invited"]);
  expect(steps("event_types:write", "event_types:read", "schedules:write")).toEqual([]);
  expect(steps("organizers:write", "event_types:read", "event_types:write", "schedules:write")).toEqual([
    "profile",
    "event_type",
    "availability",
    "first_booking",
  ]);
});

it("confirms no request whose start has passed", () => {
  const start = "2026-11-21T10:00:00Z";
  const at = Date.parse(start);
  expect(hasLapsed({ status: "pending", start }, at - 1)).toBe(false);
  expect(hasLapsed({ status: "pending", start }, at)).toBe(true);
  expect(hasLapsed({ status: "confirmed", start }, at + 1)).toBe(false);
});
