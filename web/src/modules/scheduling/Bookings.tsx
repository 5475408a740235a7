/** All bookings: filtered in the address, worked by keyboard, opened beside the list. */
import { Button, CloseButton, Group, SegmentedControl, Select, Text, Title } from "@mantine/core";
import { useHotkeys } from "@mantine/hooks";
import {
  IconCalendarEvent,
  IconCalendarPlus,
  IconCalendarX,
  IconLayoutList,
  IconTable,
} from "@tabler/icons-react";
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { getRouteApi, useNavigate } from "@tanstack/react-router";
import { lazy, Suspense, useMemo, useState } from "react";
import { keys } from "@/api/cache";
import { api, take } from "@/api/client";
import { BOOKING_VIEWS } from "@/app/router";
import { useFormats, useMay } from "@/app/session";
import { useT } from "@/i18n";
import { useListKeys } from "@/shared/keys";
import { LinkButton } from "@/shared/links";
import { Page } from "@/shared/Page";
import { ListWithPanel, Panel } from "@/shared/Panel";
import { MoreRows } from "@/shared/pages";
import { SearchField } from "@/shared/SearchField";
import { Answer, EmptyState, RowsSkeleton } from "@/shared/states";
import { LinkTabs } from "@/shared/Tabs";
import table from "@/shared/table.module.css";
import { dateIn, daysBetween, groupByDay } from "@/shared/time";
import { BookingRecord } from "./BookingRecord";
import { BookingRows } from "./BookingRows";
import { useCancelBookings } from "./bookingChanges";
import { NewBooking } from "./NewBooking";
import { type BookingFilter, type BookingView, bookingsQuery, pendingBookingsQuery } from "./queries";
import classes from "./rows.module.css";

const BookingWeek = lazy(() => import("./BookingWeek"));
const route = getRouteApi("/app/bookings");

export function Bookings() {
  const t = useT();
  const f = useFormats();
  const may = useMay();
  const navigate = useNavigate({ from: "/bookings" });
  const search = route.useSearch();
  const { q, from, to, organizer, open, layout, create } = search;
  // A range of dates shows everything in it; without one the list begins with what is ahead.
  const view = search.view ?? (from || to ? undefined : "upcoming");
  const filter: BookingFilter = { view, q, from, to, organizer };
  const query = useInfiniteQuery({ ...bookingsQuery(filter, f.zone), enabled: layout !== "week" });
  const pending = useQuery(pendingBookingsQuery);
  const organizers = useQuery({
    queryKey: [keys.organizer, "all"],
    queryFn: () => take(api.GET("/api/v1/organizers", { params: { query: { limit: 100 } } })),
    enabled: may("organizers:read"),
    staleTime: 5 * 60_000,
  });

  const bookings = query.data ?? [];
  const ids = useMemo(() => bookings.map((b) => b.id), [bookings]);
  const [selected, setSelected] = useState<ReadonlySet<string>>(new Set());
  const cancel = useCancelBookings();
  const setOpen = (id: string | undefined) =>
    void navigate({ search: (s) => ({ ...s, open: id }), replace: open !== undefined && id !== undefined });
  const toggle = (id: string) =>
    setSelected((before) => {
      const next = new Set(before);
      if (!next.delete(id)) next.add(id);
      return next;
    });
  const writable = may("bookings:write");
  const { current } = useListKeys(ids, {
    open: setOpen,
    select: writable ? toggle : undefined,
    close: () => (open ? setOpen(undefined) : setSelected(new Set())),
  });
  const setCreate = (value: true | undefined) => void navigate({ search: (s) => ({ ...s, create: value }) });
  useHotkeys([["n", () => writable && setCreate(true)]]);
  const filtered = Boolean(q || from || to || organizer);
  const chosen = bookings.filter(
    (b) => selected.has(b.id) && (b.status === "confirmed" || b.status === "pending"),
  );

  return (
    <Page
      title={t.nav.bookings}
      action={
        writable ? (
          <Button leftSection={<IconCalendarPlus size={16} aria-hidden />} onClick={() => setCreate(true)}>
            {t.bookings.create}
          </Button>
        ) : null
      }
    >
      {layout === "week" ? null : (
        <LinkTabs
          label={t.bookings.views.label}
          tabs={BOOKING_VIEWS.map((value) => ({
            label: t.bookings.views[value],
            link: {
              to: "/bookings",
              search: { q, organizer, view: value === "upcoming" ? undefined : value },
            },
            active: view === value,
            count: value === "pending" ? pending.data?.items.length : undefined,
          }))}
        />
      )}
      <div className={table.toolbar}>
        {layout === "week" ? null : (
          <SearchField
            label={t.bookings.search}
            value={q}
            onSearch={(next) => void navigate({ search: (s) => ({ ...s, q: next }), replace: true })}
          />
        )}
        {(organizers.data?.items.length ?? 0) > 1 ? (
          <Select
            aria-label={t.bookings.organizer}
            placeholder={t.bookings.everyone}
            data={(organizers.data?.items ?? []).map((o) => ({ value: o.user_id, label: o.display_name }))}
            value={organizer ?? null}
            clearable
            clearButtonProps={{ "aria-label": t.common.clear }}
            w={180}
            onChange={(value) => void navigate({ search: (s) => ({ ...s, organizer: value ?? undefined }) })}
          />
        ) : null}
        {from || to ? (
          <LinkButton
            variant="default"
            to="/bookings"
            search={{ q, organizer, view: search.view }}
            rightSection={<CloseButton component="span" size="xs" aria-hidden tabIndex={-1} />}
            aria-label={`${t.common.clear}: ${t.bookings.dates}`}
          >
            {[from, to && to !== from ? to : undefined]
              .filter((d) => d !== undefined)
              .map((d) => f.shortDay(d))
              .join(" – ")}
          </LinkButton>
        ) : null}
        <SegmentedControl
          ml="auto"
          aria-label={t.bookings.layout}
          value={layout ?? "list"}
          onChange={(value) =>
            void navigate({
              search: (s) => ({ ...s, layout: value === "week" ? ("week" as const) : undefined }),
            })
          }
          data={[
            { value: "list", label: <LayoutLabel icon={IconLayoutList} text={t.bookings.asList} /> },
            { value: "week", label: <LayoutLabel icon={IconTable} text={t.bookings.asWeek} /> },
          ]}
        />
      </div>
      <ListWithPanel
        panel={
          open ? (
            <Panel
              key={open}
              label={t.bookings.one}
              onClose={() => setOpen(undefined)}
              full={{ to: "/bookings/$id", params: { id: open } }}
            >
              <BookingRecord id={open} inPanel />
            </Panel>
          ) : null
        }
      >
        {layout === "week" ? (
          <Suspense fallback={<RowsSkeleton rows={10} />}>
            <BookingWeek
              week={search.week}
              organizer={organizer}
              onWeek={(week) => void navigate({ search: (s) => ({ ...s, week }) })}
              onOpen={setOpen}
            />
          </Suspense>
        ) : (
          <Answer query={query} skeleton={<RowsSkeleton rows={8} height={56} />}>
            {(list) =>
              list.length === 0 ? (
                <Nothing view={view ?? "upcoming"} filtered={filtered} />
              ) : (
                <>
                  {groupByDay(list, f.zone, (b) => b.start).map((group) => (
                    <section key={group.date} aria-label={f.day(group.date)}>
                      <DayTitle date={group.date} count={group.items.length} />
                      <BookingRows
                        bookings={group.items}
                        onOpen={setOpen}
                        open={open}
                        current={current}
                        selected={selected}
                        onSelect={writable ? toggle : undefined}
                      />
                    </section>
                  ))}
                  <MoreRows query={query} />
                  {query.hasNextPage ? null : (
                    <Text c="dimmed" size="sm" px="sm" pt="md">
                      {t.bookings.count(list.length)}
                    </Text>
                  )}
                </>
              )
            }
          </Answer>
        )}
        {selected.size > 0 ? (
          <section className={table.bulk} aria-label={t.common.selection}>
            <Text aria-live="polite">{t.common.selected(selected.size)}</Text>
            <Button
              variant="default"
              leftSection={<IconCalendarX size={16} aria-hidden />}
              disabled={chosen.length === 0}
              onClick={() => {
                cancel.mutate({ bookings: chosen });
                setSelected(new Set());
              }}
            >
              {t.bookings.cancel}
            </Button>
            <CloseButton aria-label={t.common.clearSelection} onClick={() => setSelected(new Set())} />
          </section>
        ) : null}
      </ListWithPanel>
      <NewBooking opened={create === true && writable} onClose={() => setCreate(undefined)} />
    </Page>
  );
}

function LayoutLabel({ icon: Icon, text }: { icon: typeof IconTable; text: string }) {
  return (
    <Group gap={6} wrap="nowrap">
      <Icon size={16} aria-hidden />
      <span>{text}</span>
    </Group>
  );
}

function DayTitle({ date, count }: { date: string; count: number }) {
  const t = useT();
  const f = useFormats();
  const away = daysBetween(dateIn(new Date(), f.zone), date);
  const near =
    away === 0 ? t.days.today : away === 1 ? t.days.tomorrow : away === -1 ? t.days.yesterday : null;
  return (
    <Group justify="space-between" className={classes.day} wrap="nowrap">
      <Title order={2} size="h3">
        {near ? `${near}, ` : ""}
        {f.day(date)}
      </Title>
      <Text size="sm" c="dimmed" aria-label={t.bookings.count(count)}>
        {count}
      </Text>
    </Group>
  );
}

function Nothing({ view, filtered }: { view: BookingView; filtered: boolean }) {
  const t = useT();
  const text = t.bookings.empty[view];
  if (filtered) {
    return (
      <EmptyState
        icon={IconCalendarEvent}
        title={t.bookings.empty.filteredTitle}
        action={
          <LinkButton variant="default" to="/bookings">
            {t.common.clearFilters}
          </LinkButton>
        }
      >
        {t.bookings.empty.filteredText}
      </EmptyState>
    );
  }
  return (
    <EmptyState
      icon={IconCalendarEvent}
      title={text.title}
      action={
        view === "upcoming" ? (
          <LinkButton to="/event-types" variant="default">
            {t.bookings.empty.share}
          </LinkButton>
        ) : null
      }
    >
      {text.text}
    </EmptyState>
  );
}
