/** Instants and wall times for people: formatted in a zone, grouped by its days. */

/** The calendar date of an instant in a zone, as YYYY-MM-DD. */
export function dateIn(instant: string | Date, zone: string): string {
  const parts = new Intl.DateTimeFormat("en-CA", {
    timeZone: zone,
    year: "numeric",
    month: "2-digit",
    day: "2-digit",
  }).formatToParts(typeof instant === "string" ? new Date(instant) : instant);
  const part = (type: string) => parts.find((p) => p.type === type)?.value ?? "";
  return `${part("year").padStart(4, "0")}-${part("month")}-${part("day")}`;
}

/** A date some days later; dates have no zone. */
export function addDays(date: string, days: number): string {
  const d = new Date(`${date}T00:00:00Z`);
  d.setUTCDate(d.getUTCDate() + days);
  return d.toISOString().slice(0, 10);
}

/** The Monday on or before a date. */
export function weekStart(date: string): string {
  const day = new Date(`${date}T00:00:00Z`).getUTCDay();
  return addDays(date, -((day + 6) % 7));
}

/** Minutes that a zone is ahead of UTC at an instant. */
export function offsetMinutes(instant: Date, zone: string): number {
  const parts = new Intl.DateTimeFormat("en-US", {
    timeZone: zone,
    hourCycle: "h23",
    year: "numeric",
    month: "numeric",
    day: "numeric",
    hour: "numeric",
    minute: "numeric",
    second: "numeric",
  }).formatToParts(instant);
  const n = (type: string) => Number(parts.find((p) => p.type === type)?.value);
  const wall = Date.UTC(n("year"), n("month") - 1, n("day"), n("hour"), n("minute"), n("second"));
  return Math.round((wall - Math.floor(instant.getTime() / 1000) * 1000) / 60_000);
}

/** The first instant of a date in a zone. Where midnight is skipped by a clock change, the moment after the gap. */
export function startOfDay(date: string, zone: string): Date {
  const midnight = Date.parse(`${date}T00:00:00Z`);
  const guess = new Date(midnight - offsetMinutes(new Date(midnight), zone) * 60_000);
  const exact = new Date(midnight - offsetMinutes(guess, zone) * 60_000);
  if (dateIn(exact, zone) >= date) return exact;
  return new Date(exact.getTime() + 60 * 60_000);
}

/** Items under the dates of a zone on which they start, in the order given. */
export function groupByDay<T>(
  items: readonly T[],
  zone: string,
  startOf: (item: T) => string,
): { date: string; items: T[] }[] {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const date = dateIn(startOf(item), zone);
    const group = groups.get(date);
    if (group) group.push(item);
    else groups.set(date, [item]);
  }
  return [...groups].map(([date, grouped]) => ({ date, items: grouped }));
}

/** How far a date is from today in days. */
export function daysBetween(from: string, to: string): number {
  return Math.round((Date.parse(`${to}T00:00:00Z`) - Date.parse(`${from}T00:00:00Z`)) / 86_400_000);
}

const STEPS: [Intl.RelativeTimeFormatUnit, number][] = [
  ["year", 31_536_000],
  ["month", 2_592_000],
  ["day", 86_400],
  ["hour", 3600],
  ["minute", 60],
];

/** "3 hours ago", "in 2 days"; under a minute reads as now. */
export function relativeTime(instant: string, now: Date, locale: string): string {
  const seconds = Math.round((Date.parse(instant) - now.getTime()) / 1000);
  const format = new Intl.RelativeTimeFormat(locale, { numeric: "auto" });
  for (const [unit, size] of STEPS) {
    if (Math.abs(seconds) >= size) return format.format(Math.trunc(seconds / size), unit);
  }
  return format.format(0, "second");
}

/** The browser's zone, or UTC where it does not say. */
export function browserZone(): string {
  return Intl.DateTimeFormat().resolvedOptions().timeZone || "UTC";
}

let zones: string[] | undefined;

/** All zones this browser knows, with UTC. */
export function zoneNames(): string[] {
  zones ??= [...new Set([...Intl.supportedValuesOf("timeZone"), "UTC"])];
  return zones;
}

/** "GMT+1" for a zone at an instant. */
export function zoneOffsetName(zone: string, at: Date): string {
  const minutes = offsetMinutes(at, zone);
  if (minutes === 0) return "GMT";
  const sign = minutes < 0 ? "−" : "+";
  const hours = Math.floor(Math.abs(minutes) / 60);
  const rest = Math.abs(minutes) % 60;
  return `GMT${sign}${hours}${rest ? `:${String(rest).padStart(2, "0")}` : ""}`;
}

export interface Formats {
  locale: string;
  zone: string;
  /** Whether the day has two halves of twelve hours. */
  hour12: boolean;
  date: (instant: string) => string;
  /** A date without zone (YYYY-MM-DD), long. */
  day: (date: string) => string;
  shortDay: (date: string) => string;
  time: (instant: string) => string;
  /** "Thu 4:30 PM" */
  weekdayTime: (instant: string) => string;
  dateTime: (instant: string) => string;
  /** "10:00–10:30" */
  range: (start: string, end: string) => string;
  /** "Tuesday 24 November, 10:00–10:30" */
  span: (start: string, end: string) => string;
  relative: (instant: string) => string;
  number: (value: number) => string;
}

/** Formatters for a reader's locale and zone. */
export function formatsFor(locale: string, zone: string): Formats {
  const make = (options: Intl.DateTimeFormatOptions, timeZone = zone) =>
    new Intl.DateTimeFormat(locale, { ...options, timeZone });
  const date = make({ day: "numeric", month: "short", year: "numeric" });
  // 24-hour clocks read best with two digits (09:00), 12-hour ones without (9:00 AM).
  const { hour12 = false } = new Intl.DateTimeFormat(locale, { hour: "numeric" }).resolvedOptions();
  const hour = hour12 ? "numeric" : "2-digit";
  const time = make({ hour, minute: "2-digit" });
  const weekday = make({ weekday: "short" });
  const dateTime = make({ day: "numeric", month: "short", year: "numeric", hour, minute: "2-digit" });
  const long = make({ weekday: "long", day: "numeric", month: "long" });
  const day = make({ weekday: "long", day: "numeric", month: "long", year: "numeric" }, "UTC");
  const shortDay = make({ weekday: "short", day: "numeric", month: "short" }, "UTC");
  const at = (instant: string) => new Date(instant);
  const plain = (d: string) => new Date(`${d}T00:00:00Z`);
  // Writes what both ends share once: "2:00 – 3:30 PM".
  const range = (start: string, end: string) =>
    dateIn(start, zone) === dateIn(end, zone)
      ? time.formatRange(at(start), at(end))
      : `${time.format(at(start))}–${time.format(at(end))}`;
  return {
    locale,
    zone,
    hour12,
    date: (i) => date.format(at(i)),
    day: (d) => day.format(plain(d)),
    shortDay: (d) => shortDay.format(plain(d)),
    time: (i) => time.format(at(i)),
    weekdayTime: (i) => `${weekday.format(at(i))} ${time.format(at(i))}`,
    dateTime: (i) => dateTime.format(at(i)),
    range,
    span: (s, e) => `${long.format(at(s))}, ${range(s, e)}`,
    relative: (i) => relativeTime(i, new Date(), locale),
    number: (v) => new Intl.NumberFormat(locale).format(v),
  };
}
