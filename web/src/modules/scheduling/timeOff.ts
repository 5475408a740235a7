/** Blocked times and absences as one edits them: dates and wall times of the organizer's zone. */
import type { BlockedTime, BlockedTimeInput } from "@/api/types";
import { addDays, dateIn, offsetMinutes, startOfDay } from "@/shared/time";
import { isOvernight, minutesOf, timeOf } from "./week";

export interface TimeOffDraft {
  kind: BlockedTime["kind"];
  from: string | null;
  to: string | null;
  start: string;
  end: string;
  repeats: BlockedTime["repeats"];
  until: string | null;
  label: string;
  standIn: string | null;
}

/** The instant of a wall time; one that the clock skips is as long after the gap as it was to be after its begin. */
export function instantAt(date: string, time: string, zone: string): Date {
  if (minutesOf(time) === 24 * 60) return startOfDay(addDays(date, 1), zone);
  const wall = Date.parse(`${date}T00:00:00Z`) + minutesOf(time) * 60_000;
  const guess = new Date(wall - offsetMinutes(new Date(wall), zone) * 60_000);
  return new Date(wall - offsetMinutes(guess, zone) * 60_000);
}

function timeIn(instant: string, zone: string): string {
  const date = new Date(instant);
  const minutes = (Math.floor(date.getTime() / 60_000) + offsetMinutes(date, zone)) % (24 * 60);
  return timeOf((minutes + 24 * 60) % (24 * 60));
}

/** A draft of what is stored; a new one is on `today`. */
export function timeOffDraft(blocked: BlockedTime | null, today: string): TimeOffDraft {
  if (!blocked) {
    return {
      kind: "block",
      from: today,
      to: today,
      start: "12:00",
      end: "13:00",
      repeats: "never",
      until: null,
      label: "",
      standIn: null,
    };
  }
  const { kind, timezone, repeats } = blocked;
  const lastInstant = new Date(Date.parse(blocked.end) - 1000);
  const end = timeIn(blocked.end, timezone);
  return {
    kind,
    from: dateIn(blocked.start, timezone),
    to: dateIn(lastInstant, timezone),
    start: timeIn(blocked.start, timezone),
    end: end === "00:00" ? "24:00" : end,
    repeats,
    until: blocked.until ?? null,
    label: blocked.label,
    standIn: blocked.stand_in_id ?? null,
  };
}

/** What is stored of a draft, or the field that is wrong. An absence takes whole days, what recurs begins and ends by its times. */
export function timeOffInput(
  draft: TimeOffDraft,
  zone: string,
): BlockedTimeInput | "from" | "to" | "start" | "end" {
  const { kind, from } = draft;
  if (!from) return "from";
  const common = { kind, timezone: zone, label: draft.label.trim() };
  if (kind === "away") {
    if (!draft.to || draft.to < from) return "to";
    return {
      ...common,
      start: startOfDay(from, zone).toISOString(),
      end: startOfDay(addDays(draft.to, 1), zone).toISOString(),
      stand_in_id: draft.standIn,
    };
  }
  if (Number.isNaN(minutesOf(draft.start))) return "start";
  if (Number.isNaN(minutesOf(draft.end))) return "end";
  const recurs = draft.repeats !== "never";
  // What goes on past midnight ends on the next day.
  const night = isOvernight({ start: draft.start, end: draft.end });
  const to = recurs ? (night ? addDays(from, 1) : from) : draft.to;
  if (!to || to < from) return "to";
  const start = instantAt(from, draft.start, zone);
  const end = instantAt(to, draft.end, zone);
  if (end <= start) return "end";
  return {
    ...common,
    start: start.toISOString(),
    end: end.toISOString(),
    repeats: draft.repeats,
    until: recurs ? draft.until : null,
  };
}
