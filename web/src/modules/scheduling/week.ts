/** Weekly availability as people edit it: windows per day, checked and changed without I/O. */
import type { DateOverride, Day, Rule, Schedule, ScheduleInput } from "@/api/types";

export const DAYS = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"] as const satisfies readonly Day[];

export interface Window {
  start: string;
  end: string;
}

export type Week = Record<Day, Window[]>;

export interface ScheduleDraft {
  name: string;
  timezone: string;
  /** Each week's; where hours alternate, that of the weeks A. */
  week: Week;
  /** That of the weeks B, where hours alternate. */
  other: Week | null;
  overrides: DateOverride[];
}

/** Minutes since midnight of a wall time; 24:00 is the end of the day. NaN for anything else. */
export function minutesOf(time: string): number {
  const match = /^(\d{2}):(\d{2})(?::00)?$/.exec(time);
  if (!match) return Number.NaN;
  const minutes = Number(match[1]) * 60 + Number(match[2]);
  return Number(match[2]) < 60 && minutes <= 24 * 60 ? minutes : Number.NaN;
}

export function timeOf(minutes: number): string {
  return `${String(Math.floor(minutes / 60)).padStart(2, "0")}:${String(minutes % 60).padStart(2, "0")}`;
}

/** Whether a window ends on the next day. It is stored as two: until 24:00, and from 00:00. */
export function isOvernight({ start, end }: Window): boolean {
  return minutesOf(end) > 0 && minutesOf(end) < minutesOf(start);
}

/** Whether the week of a date is one of the weeks A: that of Monday, 5 January 1970, and every other one. */
export function isWeekA(date: string): boolean {
  return Math.abs(Math.floor((Date.parse(`${date}T00:00:00Z`) / 86_400_000 - 4) / 7) % 2) === 0;
}

/** The day after, and whether it is in the next week. */
function dayAfter(day: Day): [next: Day, isNextWeek: boolean] {
  const next = DAYS[DAYS.indexOf(day) + 1];
  return next ? [next, false] : ["mon", true];
}

function emptyWeek(): Week {
  return Object.fromEntries(DAYS.map((day) => [day, [] as Window[]])) as Week;
}

const byStart = (a: Window, b: Window) => (minutesOf(a.start) || 0) - (minutesOf(b.start) || 0);

/** The hours as one reads them: each week's, or those of the weeks A and B; what goes on past midnight is one window. */
export function weeksOf(rules: readonly Rule[]): Pick<ScheduleDraft, "week" | "other"> {
  const alternate = rules.some((rule) => rule.weeks === "a" || rule.weeks === "b");
  const week = emptyWeek();
  const other = alternate ? emptyWeek() : null;
  for (const { day, start, end, weeks } of rules) {
    const window = { start: start.slice(0, 5), end: end.slice(0, 5) };
    if (weeks !== "b") week[day].push({ ...window });
    if (weeks !== "a") other?.[day].push({ ...window });
  }
  const pairs: [Week, Week][] = other
    ? [
        [week, other],
        [other, week],
      ]
    : [[week, week]];
  for (const [here, then] of pairs) {
    for (const day of DAYS) {
      const [next, isNextWeek] = dayAfter(day);
      const late = here[day].find((window) => window.end === "24:00");
      const morning = (isNextWeek ? then : here)[next];
      const early = morning.findIndex(
        (window) => window.start === "00:00" && minutesOf(window.end) < minutesOf(late?.start ?? ""),
      );
      const [joined] = early < 0 ? [] : morning.splice(early, 1);
      if (late && joined) late.end = joined.end;
    }
  }
  for (const each of [week, ...(other ? [other] : [])]) for (const day of DAYS) each[day].sort(byStart);
  return { week, other };
}

/** The rules as they are stored, each within one day. */
export function rulesOf(week: Week, other: Week | null = null): Rule[] {
  const stored = (here: Week, before: Week, day: Day): Window[] =>
    [
      ...carriedInto(here, before, day),
      ...here[day].map((window) => (isOvernight(window) ? { ...window, end: "24:00" } : window)),
    ].sort(byStart);
  return DAYS.flatMap((day): Rule[] => {
    if (!other) return stored(week, week, day).map((window) => ({ day, ...window }));
    const a = stored(week, other, day);
    const b = stored(other, week, day);
    const same = (one: Window) => (two: Window) => one.start === two.start && one.end === two.end;
    return [
      ...a.map((window): Rule => ({ day, ...window, weeks: b.some(same(window)) ? "every" : "a" })),
      ...b.filter((window) => !a.some(same(window))).map((window): Rule => ({ day, ...window, weeks: "b" })),
    ];
  });
}

/** What of the night before belongs to a day; `before` is the week that ends before this one. */
export function carriedInto(week: Week, before: Week, day: Day): Window[] {
  const yesterday = day === "mon" ? before.sun : week[DAYS[DAYS.indexOf(day) - 1] ?? "sun"];
  return yesterday.filter(isOvernight).map(({ end }) => ({ start: "00:00", end }));
}

export function draftOf(schedule: Schedule): ScheduleDraft {
  return {
    name: schedule.name,
    timezone: schedule.timezone,
    ...weeksOf(schedule.rules),
    overrides: schedule.overrides.map(normalOverride).sort((a, b) => a.date.localeCompare(b.date)),
  };
}

function normalOverride({ date, is_available, start, end }: DateOverride): DateOverride {
  return is_available && start && end
    ? { date, is_available, start: start.slice(0, 5), end: end.slice(0, 5) }
    : { date, is_available };
}

export function inputOf(draft: ScheduleDraft): ScheduleInput {
  return {
    name: draft.name.trim(),
    timezone: draft.timezone,
    rules: rulesOf(draft.week, draft.other ?? null),
    overrides: draft.overrides.map(normalOverride),
  };
}

export function sameDraft(a: ScheduleDraft, b: ScheduleDraft): boolean {
  return JSON.stringify(inputOf(a)) === JSON.stringify(inputOf(b)) && !a.other === !b.other;
}

export type WindowFault = "time" | "order" | "overlap";

/**
 * For each window of a day its first fault, or null. Windows that touch do not overlap. Where nights are allowed, `carried` is what
 * the night before left of the day.
 */
export function windowFaults(
  windows: readonly Window[],
  carried: readonly Window[] | null = null,
): (WindowFault | null)[] {
  const endOf = (window: Window) => (carried && isOvernight(window) ? 24 * 60 : minutesOf(window.end));
  return windows.map((window, i) => {
    const start = minutesOf(window.start);
    const end = endOf(window);
    if (Number.isNaN(start) || Number.isNaN(end)) return "time";
    if (start >= end) return "order";
    const overlaps = [...(carried ?? []), ...windows.slice(0, i)].some(
      (other) => start < endOf(other) && minutesOf(other.start) < end,
    );
    return overlaps ? "overlap" : null;
  });
}

export function hasFaults(draft: ScheduleDraft): boolean {
  const { week, other } = draft;
  const faulty = (here: Week, before: Week) =>
    DAYS.some((day) => windowFaults(here[day], carriedInto(here, before, day)).some((f) => f !== null));
  const dates = new Map<string, Window[]>();
  for (const { date, is_available, start, end } of draft.overrides) {
    if (!is_available) continue;
    dates.set(date, [...(dates.get(date) ?? []), { start: start ?? "", end: end ?? "" }]);
  }
  return (
    draft.name.trim() === "" ||
    faulty(week, other ?? week) ||
    (other ? faulty(other, week) : false) ||
    [...dates.values()].some((day) => windowFaults(day).some((f) => f !== null))
  );
}

/** A day with one more window: after the last one with an hour between where there is room, else in the first free hour. */
export function addWindow(windows: readonly Window[]): Window[] {
  if (windows.length === 0) return [{ start: "09:00", end: "17:00" }];
  const lastEnd = Math.max(...windows.map((w) => minutesOf(w.end)).filter((m) => !Number.isNaN(m)), 0);
  const start = lastEnd + 60;
  if (start + 60 <= 24 * 60)
    return [...windows, { start: timeOf(start), end: timeOf(Math.min(start + 60, 24 * 60)) }];
  for (let hour = 0; hour < 24; hour++) {
    const candidate = { start: timeOf(hour * 60), end: timeOf(hour * 60 + 60) };
    const all = [...windows, candidate];
    if (windowFaults(all).at(-1) === null) return all.sort((a, b) => minutesOf(a.start) - minutesOf(b.start));
  }
  return [...windows];
}

/** The week with one day's windows on other days too. */
export function copyDay(week: Week, from: Day, to: readonly Day[]): Week {
  const copy = { ...week };
  for (const day of to) if (day !== from) copy[day] = week[from].map((window) => ({ ...window }));
  return copy;
}

/** Hours open in a week, in minutes, a night's where it begins; faulty windows count nothing. */
export function openMinutes(week: Week): number {
  return DAYS.flatMap((day) => {
    const faults = windowFaults(week[day], []);
    return week[day].map((w, i) => {
      if (faults[i]) return 0;
      return minutesOf(w.end) - minutesOf(w.start) + (isOvernight(w) ? 24 * 60 : 0);
    });
  }).reduce((sum, minutes) => sum + minutes, 0);
}

/** What a first schedule holds: Monday to Friday, nine to five. */
export function officeHours(): Week {
  return weeksOf(DAYS.slice(0, 5).map((day): Rule => ({ day, start: "09:00", end: "17:00" }))).week;
}
