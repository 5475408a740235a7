/** Date overrides as one edits them: one entry a date, with its windows; none means closed. */
import type { DateOverride } from "@/api/types";
import { addDays } from "@/shared/time";
import { minutesOf, type Window } from "./week";

export interface OverrideDay {
  date: string;
  windows: Window[];
}

export function byDate(overrides: readonly DateOverride[]): OverrideDay[] {
  const days = new Map<string, Window[]>();
  for (const { date, is_available, start, end } of overrides) {
    const windows = days.get(date) ?? [];
    if (is_available && start != null && end != null) windows.push({ start, end });
    days.set(date, windows);
  }
  return [...days].map(([date, windows]) => ({ date, windows })).sort((a, b) => a.date.localeCompare(b.date));
}

export function datesOf(days: readonly OverrideDay[]): DateOverride[] {
  return [...days]
    .sort((a, b) => a.date.localeCompare(b.date))
    .flatMap(({ date, windows }): DateOverride[] =>
      windows.length === 0
        ? [{ date, is_available: false }]
        : [...windows]
            .sort((a, b) => (minutesOf(a.start) || 0) - (minutesOf(b.start) || 0))
            .map(({ start, end }) => ({ date, is_available: true, start, end })),
    );
}

/** Adds a date as a day off, or takes it away. */
export function toggleDate(days: readonly OverrideDay[], date: string): OverrideDay[] {
  return days.some((day) => day.date === date)
    ? days.filter((day) => day.date !== date)
    : [...days, { date, windows: [] }];
}

/** How many dates a range adds at most: a year. */
const MOST_DATES = 366;

/** Adds each date of a range, both ends included, as a day off; those with hours of their own become days off, too. */
export function addRange(days: readonly OverrideDay[], from: string, to: string): OverrideDay[] {
  const dates: string[] = [];
  for (let date = from; date <= to && dates.length < MOST_DATES; date = addDays(date, 1)) dates.push(date);
  return [
    ...days.filter((day) => !dates.includes(day.date)),
    ...dates.map((date) => ({ date, windows: [] })),
  ];
}
