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
  week: Week;
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

export function weekOf(rules: readonly Rule[]): Week {
  const week = Object.fromEntries(DAYS.map((day) => [day, [] as Window[]])) as Week;
  for (const { day, start, end } of rules) week[day].push({ start: start.slice(0, 5), end: end.slice(0, 5) });
  for (const day of DAYS) week[day].sort((a, b) => minutesOf(a.start) - minutesOf(b.start));
  return week;
}

export function rulesOf(week: Week): Rule[] {
  return DAYS.flatMap((day) => week[day].map((window) => ({ day, ...window })));
}

export function draftOf(schedule: Schedule): ScheduleDraft {
  return {
    name: schedule.name,
    timezone: schedule.timezone,
    week: weekOf(schedule.rules),
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
    rules: rulesOf(draft.week),
    overrides: draft.overrides.map(normalOverride),
  };
}

export function sameDraft(a: ScheduleDraft, b: ScheduleDraft): boolean {
  return JSON.stringify(inputOf(a)) === JSON.stringify(inputOf(b));
}

export type WindowFault = "time" | "order" | "overlap";

/** For each window of a day its first fault, or null. Windows that touch do not overlap. */
export function windowFaults(windows: readonly Window[]): (WindowFault | null)[] {
  return windows.map((window, i) => {
    const start = minutesOf(window.start);
    const end = minutesOf(window.end);
    if (Number.isNaN(start) || Number.isNaN(end)) return "time";
    if (start >= end) return "order";
    const overlaps = windows.some(
      (other, j) => j < i && start < minutesOf(other.end) && minutesOf(other.start) < end,
    );
    return overlaps ? "overlap" : null;
  });
}

export function hasFaults(draft: ScheduleDraft): boolean {
  const windows = DAYS.map((day) => draft.week[day]);
  const dates = new Map<string, Window[]>();
  for (const { date, is_available, start, end } of draft.overrides) {
    if (!is_available) continue;
    dates.set(date, [...(dates.get(date) ?? []), { start: start ?? "", end: end ?? "" }]);
  }
  return (
    draft.name.trim() === "" ||
    [...windows, ...dates.values()].some((day) => windowFaults(day).some((f) => f !== null))
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

/** Hours open in a week, in minutes; faulty windows count nothing. */
export function openMinutes(week: Week): number {
  return DAYS.flatMap((day) => {
    const faults = windowFaults(week[day]);
    return week[day].map((w, i) => (faults[i] ? 0 : minutesOf(w.end) - minutesOf(w.start)));
  }).reduce((sum, minutes) => sum + minutes, 0);
}

/** What a first schedule holds: Monday to Friday, nine to five. */
export function officeHours(): Week {
  return weekOf(DAYS.slice(0, 5).map((day) => ({ day, start: "09:00", end: "17:00" })));
}
