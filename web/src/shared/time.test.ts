import { describe, expect, it } from "vitest";
import {
  addDays,
  dateIn,
  daysBetween,
  formatsFor,
  groupByDay,
  offsetMinutes,
  relativeTime,
  startOfDay,
  weekStart,
} from "./time";

describe("dates in a zone", () => {
  it("gives the date of an instant where the reader is", () => {
    expect(dateIn("2026-11-21T23:30:00Z", "Europe/Amsterdam")).toBe("2026-11-22");
    expect(dateIn("2026-11-21T02:30:00Z", "America/Sao_Paulo")).toBe("2026-11-20");
  });

  it("groups bookings under the reader's days, keeping their order", () => {
    const starts = ["2026-11-21T20:00:00Z", "2026-11-21T23:30:00Z", "2026-11-22T08:00:00Z"];
    const groups = groupByDay(starts, "Europe/Amsterdam", (s) => s);
    expect(groups).toEqual([
      { date: "2026-11-21", items: [starts[0]] },
      { date: "2026-11-22", items: [starts[1], starts[2]] },
    ]);
    expect(groupByDay(starts, "UTC", (s) => s).map((g) => g.items.length)).toEqual([2, 1]);
  });

  it("finds the first instant of a date, across clock changes", () => {
    expect(startOfDay("2026-11-21", "Europe/Amsterdam").toISOString()).toBe("2026-11-20T23:00:00.000Z");
    expect(startOfDay("2026-03-29", "Europe/Amsterdam").toISOString()).toBe("2026-03-28T23:00:00.000Z");
    expect(startOfDay("2026-03-30", "Europe/Amsterdam").toISOString()).toBe("2026-03-29T22:00:00.000Z");
    expect(startOfDay("2026-11-21", "Asia/Kathmandu").toISOString()).toBe("2026-11-20T18:15:00.000Z");
  });

  it("starts a day after the gap where midnight does not exist", () => {
    // Chile moves from 24:00 to 01:00 on the first Sunday of September after the 1st.
    const start = startOfDay("2026-09-06", "America/Santiago");
    expect(dateIn(start, "America/Santiago")).toBe("2026-09-06");
    expect(dateIn(new Date(start.getTime() - 1), "America/Santiago")).toBe("2026-09-05");
  });

  it("knows offsets on both sides of a change", () => {
    expect(offsetMinutes(new Date("2026-07-01T00:00:00Z"), "Europe/Amsterdam")).toBe(120);
    expect(offsetMinutes(new Date("2026-12-01T00:00:00Z"), "Europe/Amsterdam")).toBe(60);
    expect(offsetMinutes(new Date("2026-12-01T00:00:00Z"), "America/St_Johns")).toBe(-210);
  });
});

describe("dates without a zone", () => {
  it("adds days over months and leap days", () => {
    expect(addDays("2026-12-31", 1)).toBe("2027-01-01");
    expect(addDays("2028-02-28", 1)).toBe("2028-02-29");
    expect(daysBetween("2026-02-28", "2026-03-01")).toBe(1);
  });

  it("begins weeks on Monday", () => {
    expect(weekStart("2026-11-21")).toBe("2026-11-16");
    expect(weekStart("2026-11-22")).toBe("2026-11-16");
    expect(weekStart("2026-11-23")).toBe("2026-11-23");
  });
});

describe("formats", () => {
  it("writes a range in the reader's zone and habit", () => {
    const start = "2026-11-24T13:00:00Z";
    const end = "2026-11-24T13:30:00Z";
    expect(formatsFor("nl", "Europe/Amsterdam").range(start, end)).toMatch(/^14:00\s?[–-]\s?14:30$/);
    expect(formatsFor("en-US", "America/New_York").range(start, end)).toMatch(/^8:00\s?–\s?8:30\sAM$/);
  });

  it("writes only times where a range ends on the next day", () => {
    expect(formatsFor("nl", "UTC").range("2026-11-24T23:30:00Z", "2026-11-25T00:30:00Z")).toBe("23:30–00:30");
  });

  it("names the day beside the time, on the reader's clock", () => {
    const start = "2026-11-24T21:30:00Z";
    expect(formatsFor("en-US", "America/New_York").weekdayTime(start)).toMatch(/^Tue 4:30\sPM$/);
    expect(formatsFor("nl", "Asia/Karachi").weekdayTime(start)).toBe("wo 02:30");
    expect(formatsFor("en-US", "UTC").hour12).toBe(true);
    expect(formatsFor("pt-BR", "UTC").hour12).toBe(false);
  });

  it("says how long ago", () => {
    const now = new Date("2026-11-21T12:00:00Z");
    expect(relativeTime("2026-11-21T09:00:00Z", now, "en")).toBe("3 hours ago");
    expect(relativeTime("2026-11-23T12:00:00Z", now, "en")).toBe("in 2 days");
    expect(relativeTime("2026-11-21T11:59:40Z", now, "en")).toBe("now");
  });
});
