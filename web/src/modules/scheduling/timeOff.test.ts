import { describe, expect, it } from "vitest";
import type { BlockedTime } from "@/api/types";
import { instantAt, type TimeOffDraft, timeOffDraft, timeOffInput } from "./timeOff";

const ZONE = "Europe/Amsterdam";
const draft = (changes: Partial<TimeOffDraft>): TimeOffDraft => ({
  ...timeOffDraft(null, "2026-03-28"),
  ...changes,
});

describe("blocked times", () => {
  it("are wall times of the organizer's zone, on both sides of a clock change", () => {
    expect(instantAt("2026-03-28", "12:00", ZONE).toISOString()).toBe("2026-03-28T11:00:00.000Z");
    expect(instantAt("2026-03-29", "12:00", ZONE).toISOString()).toBe("2026-03-29T10:00:00.000Z");
    expect(instantAt("2026-03-29", "24:00", ZONE).toISOString()).toBe("2026-03-29T22:00:00.000Z");
  });

  it("of an absence are whole days", () => {
    const input = timeOffInput(draft({ kind: "away", to: "2026-03-29", standIn: "s" }), ZONE);
    expect(input).toMatchObject({
      kind: "away",
      start: "2026-03-27T23:00:00.000Z",
      end: "2026-03-29T22:00:00.000Z",
      stand_in_id: "s",
    });
    expect(timeOffInput(draft({ kind: "away", to: "2026-03-27" }), ZONE)).toBe("to");
  });

  it("that recur may go on past midnight", () => {
    const night = draft({ repeats: "weekly", start: "22:00", end: "06:00", until: "2026-06-01" });
    expect(timeOffInput(night, ZONE)).toMatchObject({
      start: "2026-03-28T21:00:00.000Z",
      end: "2026-03-29T04:00:00.000Z",
      repeats: "weekly",
      until: "2026-06-01",
    });
  });

  it("must end after they begin", () => {
    expect(timeOffInput(draft({ start: "12:00", end: "12:00" }), ZONE)).toBe("end");
    expect(timeOffInput(draft({ start: "noon" }), ZONE)).toBe("start");
    expect(timeOffInput(draft({ from: null }), ZONE)).toBe("from");
  });

  it("come back as they were stored", () => {
    const stored: BlockedTime = {
      id: "b",
      organizer_id: "o",
      organizer_name: "Ana",
      kind: "block",
      start: "2026-03-28T20:00:00Z",
      end: "2026-03-28T23:00:00Z",
      timezone: ZONE,
      repeats: "daily",
      until: "2026-04-30",
      label: "Tea",
      stand_in_id: null,
      stand_in_name: null,
      version: 1,
    };
    const edited = timeOffDraft(stored, "2026-01-01");
    expect(edited).toMatchObject({ from: "2026-03-28", to: "2026-03-28", start: "21:00", end: "24:00" });
    expect(timeOffInput(edited, ZONE)).toMatchObject({
      start: "2026-03-28T20:00:00.000Z",
      end: "2026-03-28T23:00:00.000Z",
      repeats: "daily",
      until: "2026-04-30",
    });
  });
});
