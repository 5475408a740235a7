/** The bookings of one week on a calendar, in the reader's zone. */
import { Group, Text } from "@mantine/core";
import { type ScheduleEventData, WeekView } from "@mantine/schedule";
import "@mantine/schedule/styles.layer.css";
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { useEffect, useMemo, useRef } from "react";
import { useFormats, useMay } from "@/app/session";
import { useT } from "@/i18n";
import { ProblemAlert, RowsSkeleton } from "@/shared/states";
import { addDays, dateIn, startOfDay, weekStart } from "@/shared/time";
import { Mark } from "./BookingRows";
import { blockedSpansQuery, bookingsQuery } from "./queries";
import classes from "./rows.module.css";
import { wallClock } from "./wallClock";

const SHORT = 30 * 60_000;

interface BookingWeekProps {
  /** Any date of the week; this week without one. */
  week: string | undefined;
  organizer: string | undefined;
  onWeek: (week: string) => void;
  onOpen: (id: string) => void;
}

export default function BookingWeek({ week, organizer, onWeek, onOpen }: BookingWeekProps) {
  const t = useT();
  const f = useFormats();
  const monday = weekStart(week ?? dateIn(new Date(), f.zone));
  const query = useInfiniteQuery(bookingsQuery({ from: monday, to: addDays(monday, 6), organizer }, f.zone));
  const may = useMay();
  const weekFrom = startOfDay(monday, f.zone).toISOString();
  const weekTo = startOfDay(addDays(monday, 7), f.zone).toISOString();
  const blocked = useQuery({
    ...blockedSpansQuery(weekFrom, weekTo, organizer),
    enabled: may("schedules:read"),
  });
  // A week is shown whole.
  const { hasNextPage, isFetchingNextPage, fetchNextPage } = query;
  useEffect(() => {
    if (hasNextPage && !isFetchingNextPage) void fetchNextPage();
  }, [hasNextPage, isFetchingNextPage, fetchNextPage]);

  // WeekView names its days "Weekday 2026-11-16", which is not what one reads on them (WCAG 2.5.3); without that name
  // the visible text is the name.
  const root = useRef<HTMLDivElement>(null);
  // biome-ignore lint/correctness/useExhaustiveDependencies: another week or its arrival makes new days
  useEffect(() => {
    for (const day of root.current?.querySelectorAll(".mantine-WeekView-weekViewDayLabel") ?? []) {
      day.removeAttribute("aria-label");
    }
  }, [monday, query.data]);

  const events = useMemo(
    () =>
      (query.data ?? [])
        .filter((b) => b.status !== "cancelled" && b.status !== "declined")
        .map(
          (b): ScheduleEventData => ({
            id: b.id,
            title: `${b.invitee_name} · ${b.event_type.name}`,
            start: wallClock(b.start, f.zone),
            end: wallClock(b.end, f.zone),
            color: b.status === "pending" ? "yellow" : "indigo",
            variant: "light",
            payload: { mark: b.event_type.color, short: Date.parse(b.end) - Date.parse(b.start) <= SHORT },
          }),
        ),
    [query.data, f.zone],
  );

  const spans = useMemo(() => {
    const days = [0, 1, 2, 3, 4, 5, 6, 7].map((day) => startOfDay(addDays(monday, day), f.zone).getTime());
    return (blocked.data?.items ?? []).flatMap((one) =>
      one.occurrences.flatMap((time) =>
        // The calendar shows what lies within one day; what takes a whole one stands above the hours.
        days.slice(0, 7).flatMap((dayStart, day): ScheduleEventData[] => {
          const start = Math.max(Date.parse(time.start), dayStart);
          const end = Math.min(Date.parse(time.end), (days[day + 1] ?? dayStart) - 1000);
          if (end <= start) return [];
          return [
            {
              id: `${one.id} ${start}`,
              title: [one.label || t.timeOff.kinds[one.kind], organizer ? "" : one.organizer_name]
                .filter(Boolean)
                .join(" · "),
              start: wallClock(new Date(start).toISOString(), f.zone),
              end: wallClock(new Date(end).toISOString(), f.zone),
              color: "gray",
              variant: "light",
              payload: {
                blocked: true,
                short: true,
                wholeDay: start === dayStart && Date.parse(time.end) >= (days[day + 1] ?? 0),
              },
            },
          ];
        }),
      ),
    );
  }, [blocked.data, f.zone, monday, organizer, t]);

  if (query.error && !query.data)
    return <ProblemAlert error={query.error} retry={() => void query.refetch()} />;
  if (!query.data) return <RowsSkeleton rows={12} />;
  return (
    <div ref={root} className={classes.calendar}>
      <WeekView
        date={monday}
        onDateChange={(date) => onWeek(date)}
        events={[...spans, ...events]}
        onEventClick={(event) => !event.payload?.blocked && onOpen(String(event.id))}
        getCurrentTime={() => wallClock(new Date().toISOString(), f.zone)}
        // Weeks are counted from Monday, as on the home screen, whatever the calendar of the region.
        firstDayOfWeek={1}
        renderWeekLabel={() => `${f.shortDay(monday)} – ${f.shortDay(addDays(monday, 6))}`}
        startScrollTime="08:00:00"
        withAllDaySlots={spans.some(({ payload }) => payload?.wholeDay)}
        withWeekNumber={false}
        highlightToday
        slotHeight={52}
        slotLabelFormat={f.hour12 ? "h A" : "HH:mm"}
        labels={t.calendar}
        renderEventBody={(event) => (
          // The text's own tone, which keeps its contrast on every tint; half an hour has room for one line.
          <Text
            span
            inherit
            display="block"
            truncate={event.payload?.short === true}
            c="var(--mantine-color-text)"
          >
            {event.payload?.blocked ? null : (
              <>
                <Mark color={(event.payload?.mark as string | null | undefined) ?? null} />{" "}
              </>
            )}
            <Text component="span" inherit c="var(--mantine-color-text)">
              {event.title}
            </Text>
          </Text>
        )}
        viewSelectProps={{ views: [] }}
        scrollAreaProps={{ mah: "calc(100dvh - 280px)" }}
      />
      <Group justify="space-between" mt="xs">
        <Text size="sm" c="dimmed">
          {t.bookings.count(events.length)}
        </Text>
        <Text size="sm" c="dimmed">
          {t.bookings.inZone(f.zone)}
        </Text>
      </Group>
    </div>
  );
}
