/** A month with its free days marked, then the free times of the chosen day. */
import { Button, Loader, Text, Tooltip } from "@mantine/core";
import { Calendar } from "@mantine/dates";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useMemo, useState } from "react";
import { useFormats } from "@/app/session";
import { useT } from "@/i18n";
import { ProblemAlert } from "@/shared/states";
import { addDays, dateIn, formatsFor, groupByDay, startOfDay } from "@/shared/time";
import { slotsQuery } from "./queries";
import classes from "./slots.module.css";

/** First and last instants of a month in a zone. */
function monthRange(month: string, zone: string): { from: string; to: string } {
  const first = `${month.slice(0, 7)}-01`;
  const next = `${addDays(first, 31).slice(0, 7)}-01`;
  return { from: startOfDay(first, zone).toISOString(), to: startOfDay(next, zone).toISOString() };
}

interface SlotPickerProps {
  eventTypeId: string;
  /** The start of the chosen slot. */
  value: string | null;
  onChange: (start: string | null) => void;
  /** The invitee's zone; its time is shown on hover. */
  otherZone?: string;
}

export function SlotPicker({ eventTypeId, value, onChange, otherZone }: SlotPickerProps) {
  const t = useT();
  const f = useFormats();
  const today = dateIn(new Date(), f.zone);
  const [month, setMonth] = useState(today);
  const [picked, setPicked] = useState<string | null>(null);
  const range = monthRange(month, f.zone);
  const query = useQuery({
    ...slotsQuery(eventTypeId, range.from, range.to),
    placeholderData: keepPreviousData,
  });
  const days = useMemo(
    () => new Map(groupByDay(query.data?.slots ?? [], f.zone, (s) => s.start).map((g) => [g.date, g.items])),
    [query.data, f.zone],
  );
  const date = picked && days.has(picked) ? picked : ([...days.keys()][0] ?? null);
  const slots = date ? (days.get(date) ?? []) : [];
  const theirs = useMemo(() => formatsFor(f.locale, otherZone ?? f.zone), [f.locale, f.zone, otherZone]);

  if (query.error && !query.data)
    return <ProblemAlert error={query.error} retry={() => void query.refetch()} />;
  return (
    <div className={classes.picker}>
      <div>
        <Calendar
          fullWidth
          date={month}
          onDateChange={setMonth}
          minDate={today}
          maxLevel="month"
          ariaLabels={{ previousMonth: t.dates.previousMonth, nextMonth: t.dates.nextMonth }}
          getDayProps={(day) => ({
            disabled: !days.has(day),
            selected: day === date,
            "aria-label": days.has(day)
              ? t.bookings.freeTimes(f.day(day), days.get(day)?.length ?? 0)
              : f.day(day),
            className: days.has(day) ? classes.free : undefined,
            onClick: () => {
              setPicked(day);
              onChange(null);
            },
          })}
        />
        <Text size="sm" c="dimmed" mt="xs">
          {t.bookings.inZone(f.zone)}
        </Text>
      </div>
      <div className={classes.times} aria-live="polite">
        {query.isPending ? (
          <Loader size="sm" aria-label={t.common.loading} />
        ) : date ? (
          <>
            <Text fw={600} mb="xs">
              {f.day(date)}
            </Text>
            <fieldset className={classes.grid} aria-label={f.day(date)}>
              {slots.map((slot) => (
                <Tooltip
                  key={slot.start}
                  label={otherZone ? `${theirs.weekdayTime(slot.start)} (${otherZone})` : ""}
                  disabled={!otherZone || otherZone === f.zone}
                >
                  <Button
                    variant={value === slot.start ? "filled" : "default"}
                    aria-pressed={value === slot.start}
                    className={classes.slot}
                    onClick={() => onChange(slot.start)}
                  >
                    {f.time(slot.start)}
                  </Button>
                </Tooltip>
              ))}
            </fieldset>
          </>
        ) : (
          <Text c="dimmed">{t.bookings.noSlots}</Text>
        )}
      </div>
    </div>
  );
}
