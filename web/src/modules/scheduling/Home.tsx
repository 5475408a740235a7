/** The day at a glance: today's bookings, numbers that open to their rows, what is left to set up. */
import { Group, Progress, SimpleGrid, Stack, Text } from "@mantine/core";
import {
  IconCalendarOff,
  IconCalendarPlus,
  IconCircleCheckFilled,
  IconCircleDashed,
} from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { Link, type LinkProps } from "@tanstack/react-router";
import type { Home as HomeData } from "@/api/types";
import { useFormats, useMay, useSession } from "@/app/session";
import { useT } from "@/i18n";
import { CopyButton } from "@/shared/bits";
import { LinkAnchor, LinkButton } from "@/shared/links";
import { Page, Section } from "@/shared/Page";
import { Answer, EmptyState, RowsSkeleton } from "@/shared/states";
import { addDays, dateIn, weekStart } from "@/shared/time";
import { BookingRows } from "./BookingRows";
import classes from "./home.module.css";
import { homeQuery, organizerQuery } from "./queries";
import { setupSteps } from "./setup";
import { WeekBars } from "./WeekBars";

export function Home() {
  const t = useT();
  const f = useFormats();
  const may = useMay();
  const session = useSession();
  const home = useQuery(homeQuery);
  const organizer = useQuery({ ...organizerQuery, enabled: may("organizers:read") });
  const today = dateIn(new Date(), f.zone);
  return (
    <Page
      title={t.home.greeting(session.user.name.split(" ")[0] ?? "")}
      tabTitle={t.nav.home}
      description={f.day(today)}
      action={
        organizer.data ? <CopyButton value={organizer.data.public_url} label={t.home.copyLink} /> : null
      }
    >
      <Answer query={home} skeleton={<HomeSkeleton />}>
        {(data) => (
          <Stack gap={20}>
            <Numbers data={data} today={today} />
            <div className={classes.columns}>
              <Section
                title={t.home.today}
                flush
                action={
                  may("bookings:read") ? (
                    <LinkAnchor to="/bookings" size="md">
                      {t.home.allBookings}
                    </LinkAnchor>
                  ) : null
                }
              >
                {data.today.length === 0 ? (
                  <EmptyState
                    icon={IconCalendarOff}
                    title={t.home.freeTitle}
                    action={
                      may("bookings:write") ? (
                        <LinkButton
                          to="/bookings"
                          search={{ create: true }}
                          variant="default"
                          leftSection={<IconCalendarPlus size={16} aria-hidden />}
                        >
                          {t.bookings.create}
                        </LinkButton>
                      ) : null
                    }
                  >
                    {t.home.freeText}
                  </EmptyState>
                ) : (
                  <div className={classes.today}>
                    <BookingRows bookings={data.today} />
                  </div>
                )}
              </Section>
              <Stack gap={0}>
                <Setup setup={data.setup} />
                <Section title={t.home.lastWeek}>
                  <WeekBars days={data.bookings_7d} />
                </Section>
              </Stack>
            </div>
          </Stack>
        )}
      </Answer>
    </Page>
  );
}

function HomeSkeleton() {
  return (
    <Stack gap={20}>
      <RowsSkeleton rows={1} height={92} />
      <RowsSkeleton rows={5} height={56} />
    </Stack>
  );
}

function Numbers({ data, today }: { data: HomeData; today: string }) {
  const t = useT();
  const f = useFormats();
  const may = useMay();
  const monday = weekStart(today);
  const hours = new Intl.NumberFormat(f.locale, {
    style: "unit",
    unit: "hour",
    unitDisplay: "short",
    maximumFractionDigits: 1,
  });
  return (
    <SimpleGrid cols={{ base: 1, xs: 3 }} spacing="md">
      <Figure
        value={f.number(data.upcoming_count)}
        label={t.home.upcoming}
        link={may("bookings:read") && { to: "/bookings" }}
      />
      <Figure
        value={hours.format(data.week_booked_minutes / 60)}
        label={t.home.bookedThisWeek}
        link={may("bookings:read") && { to: "/bookings", search: { from: monday, to: addDays(monday, 6) } }}
      />
      <Figure
        value={f.number(data.new_contacts_7d)}
        label={t.home.newContacts}
        link={may("contacts:read") && { to: "/contacts", search: { sort: "-created_at" } }}
      />
    </SimpleGrid>
  );
}

/** A number, which opens to its rows where the reader may see them. */
function Figure({ value, label, link }: { value: string; label: string; link: LinkProps | false }) {
  const text = (
    <>
      <span className={classes.figureValue}>{value}</span>
      <span className={classes.figureLabel}>{label}</span>
    </>
  );
  if (!link) return <div className={classes.figure}>{text}</div>;
  return (
    <Link {...link} className={classes.figure}>
      {text}
    </Link>
  );
}

function Setup({ setup }: { setup: HomeData["setup"] }) {
  const t = useT();
  const may = useMay();
  const known: Record<keyof HomeData["setup"], { text: string; link: LinkProps }> = {
    profile: { text: t.home.setup.profile, link: { to: "/settings/booking-page" } },
    event_type: {
      text: t.home.setup.eventType,
      link: { to: "/event-types", search: { create: true } },
    },
    availability: { text: t.home.setup.availability, link: { to: "/availability" } },
    first_booking: { text: t.home.setup.firstBooking, link: { to: "/event-types" } },
    invited: {
      text: t.home.setup.invited,
      link: { to: "/members/invitations", search: { create: true } },
    },
  };
  const steps = setupSteps(may).map((step) => ({ ...known[step], done: setup[step] }));
  const done = steps.filter((step) => step.done).length;
  if (done === steps.length) return null;
  return (
    <Section title={t.home.setup.title} description={t.home.setup.progress(done, steps.length)}>
      <Progress value={(done / steps.length) * 100} size="sm" mb="sm" aria-label={t.home.setup.title} />
      <ul className={classes.steps}>
        {steps.map((step) => (
          <li key={step.text}>
            {step.done ? (
              <Group gap="xs" wrap="nowrap" className={classes.step}>
                <IconCircleCheckFilled size={18} className={classes.done} aria-label={t.home.setup.done} />
                <Text c="dimmed" td="line-through">
                  {step.text}
                </Text>
              </Group>
            ) : (
              <Link {...step.link} className={classes.step}>
                <IconCircleDashed size={18} aria-hidden />
                {step.text}
              </Link>
            )}
          </li>
        ))}
      </ul>
    </Section>
  );
}
