import { describe, expect, it } from "vitest";
import type { Rule, Schedule } from "@/api/types";
import { parseTime } from "@/shared/parseTime";
import { addRange, byDate, datesOf, toggleDate } from "./overrides";
import {
  addWindow,
  copyDay,
  draftOf,
  hasFaults,
  inputOf,
  isWeekA,
  minutesOf,
  officeHours,
  openMinutes,
  rulesOf,
  sameDraft,
  weeksOf,
  windowFaults,
} from "./week";

const schedule: Schedule = {
  id: "s",
  organizer_id: "o",
  name: "Working hours",
  timezone: "Europe/Amsterdam",
  is_default: true,
  rules: [
    { day: "tue", start: "13:00", end: "17:00" },
    { day: "tue", start: "09:00:00", end: "12:00:00" },
    { day: "mon", start: "20:00", end: "24:00" },
  ],
  overrides: [
    { date: "2026-12-31", is_available: true, start: "10:00", end: "14:00" },
    { date: "2026-12-25", is_available: false, start: null, end: null },
  ],
  version: 1,
};

describe("the weekly editor", () => {
  it("sorts windows within days and days within the week", () => {
    expect(rulesOf(weeksOf(schedule.rules).week)).toEqual([
      { day: "mon", start: "20:00", end: "24:00" },
      { day: "tue", start: "09:00", end: "12:00" },
      { day: "tue", start: "13:00", end: "17:00" },
    ]);
  });

  it("sees no change where nothing was changed", () => {
    const draft = draftOf(schedule);
    expect(sameDraft(draft, structuredClone(draft))).toBe(true);
    expect(sameDraft(draft, { ...draft, timezone: "UTC" })).toBe(false);
    expect(inputOf(draft).overrides).toEqual([
      { date: "2026-12-25", is_available: false },
      { date: "2026-12-31", is_available: true, start: "10:00", end: "14:00" },
    ]);
  });

  it("shows a night as one window and stores it as two", () => {
    const rules: Rule[] = [
      { day: "mon", start: "00:00", end: "02:00" },
      { day: "fri", start: "22:00", end: "24:00" },
      { day: "sat", start: "00:00", end: "06:00" },
      { day: "sat", start: "10:00", end: "12:00" },
      { day: "sun", start: "20:00", end: "24:00" },
    ];
    const { week, other } = weeksOf(rules);
    expect(other).toBeNull();
    expect(week.fri).toEqual([{ start: "22:00", end: "06:00" }]);
    expect(week.sat).toEqual([{ start: "10:00", end: "12:00" }]);
    expect(week.sun).toEqual([{ start: "20:00", end: "02:00" }]);
    expect(week.mon).toEqual([]);
    expect(rulesOf(week)).toEqual(rules);
    expect(openMinutes(week)).toBe((2 + 2 + 6 + 2 + 4) * 60);
    expect(windowFaults(week.fri, [])).toEqual([null]);
    expect(windowFaults(week.fri)).toEqual(["order"]);
    const crowded = { ...draftOf({ ...schedule, rules }), overrides: [] };
    expect(hasFaults(crowded)).toBe(false);
    expect(hasFaults({ ...crowded, week: { ...week, sat: [{ start: "05:00", end: "07:00" }] } })).toBe(true);
  });

  it("tells weeks A and B apart, and carries a Sunday night into the other one", () => {
    const rules: Rule[] = [
      { day: "mon", start: "09:00", end: "12:00", weeks: "every" },
      { day: "mon", start: "00:00", end: "03:00", weeks: "b" },
      { day: "sun", start: "21:00", end: "24:00", weeks: "a" },
    ];
    const { week, other } = weeksOf(rules);
    expect(week.sun).toEqual([{ start: "21:00", end: "03:00" }]);
    expect(other?.mon).toEqual([{ start: "09:00", end: "12:00" }]);
    expect(rulesOf(week, other)).toEqual(rules);
    const draft = draftOf({ ...schedule, rules });
    expect(sameDraft(draft, { ...draft, other: null })).toBe(false);
    // Monday, 5 January 1970 begins a week A; 2026 has 53 weeks, and they go on alternating.
    expect(
      ["1970-01-05", "1970-01-12", "1969-12-29", "2026-12-21", "2026-12-28", "2027-01-04"].map(isWeekA),
    ).toEqual([true, false, false, true, false, true]);
  });

  it("names each fault once", () => {
    const faults = windowFaults([
      { start: "09:00", end: "12:00" },
      { start: "12:00", end: "13:00" },
      { start: "11:00", end: "12:30" },
      { start: "15:00", end: "14:00" },
      { start: "soon", end: "18:00" },
    ]);
    expect(faults).toEqual([null, null, "overlap", "order", "time"]);
  });

  it("does not save faults, nor a name of spaces", () => {
    const draft = draftOf(schedule);
    expect(hasFaults(draft)).toBe(false);
    expect(hasFaults({ ...draft, name: "  " })).toBe(true);
    expect(hasFaults({ ...draft, week: { ...draft.week, wed: [{ start: "10:00", end: "10:00" }] } })).toBe(
      true,
    );
    const clash = [
      { date: "2026-12-31", is_available: true, start: "10:00", end: "14:00" },
      { date: "2026-12-31", is_available: true, start: "13:00", end: "15:00" },
    ];
    expect(hasFaults({ ...draft, overrides: clash })).toBe(true);
  });

  it("adds a window where there is room", () => {
    expect(addWindow([])).toEqual([{ start: "09:00", end: "17:00" }]);
    expect(addWindow([{ start: "09:00", end: "12:00" }])[1]).toEqual({ start: "13:00", end: "14:00" });
    const late = addWindow([{ start: "10:00", end: "24:00" }]);
    expect(late).toEqual([
      { start: "00:00", end: "01:00" },
      { start: "10:00", end: "24:00" },
    ]);
    expect(addWindow([{ start: "00:00", end: "24:00" }])).toHaveLength(1);
  });

  it("copies a day without sharing it", () => {
    const week = copyDay(weeksOf(schedule.rules).week, "tue", ["wed", "tue"]);
    expect(week.wed).toEqual(week.tue);
    expect(week.wed[0]).not.toBe(week.tue[0]);
  });

  it("counts open hours", () => {
    expect(openMinutes(officeHours())).toBe(5 * 8 * 60);
    expect(openMinutes(weeksOf(schedule.rules).week)).toBe((4 + 3 + 4) * 60);
  });

  it("knows the end of the day", () => {
    expect(minutesOf("24:00")).toBe(1440);
    expect(minutesOf("24:01")).toBeNaN();
    expect(minutesOf("9:00")).toBeNaN();
  });
});

describe("typed times", () => {
  it.each([
    ["9", "09:00"],
    ["930", "09:30"],
    ["9.30", "09:30"],
    ["9h30", "09:30"],
    ["17:00", "17:00"],
    ["5pm", "17:00"],
    ["12 am", "00:00"],
    ["12pm", "12:00"],
  ])("reads %s as %s", (typed, time) => expect(parseTime(typed)).toBe(time));

  it.each(["", "25", "9:60", "13pm", "noon", "24:00"])("refuses %s", (typed) =>
    expect(parseTime(typed)).toBeNull(),
  );

  it("takes midnight for the end of a day only as an end", () => {
    expect(parseTime("24:00", true)).toBe("24:00");
    expect(parseTime("0:00", true)).toBe("24:00");
    expect(parseTime("24:30", true)).toBeNull();
  });
});

describe("dates that differ", () => {
  it("has one entry a date, and goes back and forth unchanged", () => {
    const rows = [
      { date: "2026-12-31", is_available: true, start: "10:00", end: "12:00" },
      { date: "2026-12-31", is_available: true, start: "13:00", end: "14:00" },
      { date: "2027-01-01", is_available: false },
    ];
    const days = byDate([...rows].reverse());
    expect(days.map((d) => [d.date, d.windows.length])).toEqual([
      ["2026-12-31", 2],
      ["2027-01-01", 0],
    ]);
    expect(datesOf(days)).toEqual(rows);
  });

  it("toggles a date as a day off", () => {
    const once = toggleDate([], "2026-12-25");
    expect(datesOf(once)).toEqual([{ date: "2026-12-25", is_available: false }]);
    expect(toggleDate(once, "2026-12-25")).toEqual([]);
  });

  it("adds all days of a range at once, over those that had hours", () => {
    const days = [
      { date: "2026-12-31", windows: [{ start: "10:00", end: "14:00" }] },
      { date: "2027-01-10", windows: [] },
    ];
    expect(datesOf(addRange(days, "2026-12-30", "2027-01-01"))).toEqual(
      ["2026-12-30", "2026-12-31", "2027-01-01", "2027-01-10"].map((date) => ({ date, is_available: false })),
    );
    expect(addRange([], "2026-01-01", "2036-01-01")).toHaveLength(366);
  });
});
