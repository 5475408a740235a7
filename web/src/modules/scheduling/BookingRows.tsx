/** Bookings as rows under their day. */
import { Badge, type BadgeProps, Checkbox, Text } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import type { Booking } from "@/api/types";
import { useFormats } from "@/app/session";
import { useT } from "@/i18n";
import { hasLapsed } from "./lapsed";
import classes from "./rows.module.css";

const TONES: Record<Booking["status"], BadgeProps["color"]> = {
  pending: "yellow",
  confirmed: "green",
  completed: "gray",
  declined: "red",
  cancelled: "gray",
  no_show: "red",
};

export function BookingStatus({ booking }: { booking: Pick<Booking, "status" | "start"> }) {
  const t = useT();
  const lapsed = hasLapsed(booking);
  return (
    <Badge variant="dot" color={lapsed ? "gray" : TONES[booking.status]} className={classes.status}>
      {lapsed ? t.bookings.lapsed : t.bookings.statuses[booking.status]}
    </Badge>
  );
}

/** The colour of an event type; a mark beside its name, never the only sign. */
export function Mark({ color }: { color: string | null }) {
  return <span className={classes.mark} style={{ backgroundColor: color ?? undefined }} aria-hidden />;
}

interface BookingRowsProps {
  bookings: readonly Booking[];
  /** With it rows open in a panel; without it they lead to the booking's page. */
  onOpen?: (id: string) => void;
  open?: string | undefined;
  current?: string | null;
  selected?: ReadonlySet<string>;
  onSelect?: (id: string) => void;
}

export function BookingRows({ bookings, onOpen, open, current, selected, onSelect }: BookingRowsProps) {
  const t = useT();
  const f = useFormats();
  return (
    <ul className={classes.rows}>
      {bookings.map((booking) => {
        const over = booking.status === "cancelled" || booking.status === "declined";
        const label = `${f.span(booking.start, booking.end)}, ${booking.invitee_name}`;
        return (
          <li
            key={booking.id}
            className={classes.item}
            data-open={open === booking.id || undefined}
            data-current={current === booking.id || undefined}
          >
            {onSelect ? (
              <Checkbox
                className={classes.select}
                aria-label={t.common.select(label)}
                checked={selected?.has(booking.id) ?? false}
                onChange={() => onSelect(booking.id)}
              />
            ) : null}
            <Link
              to="/bookings/$id"
              params={{ id: booking.id }}
              data-row={booking.id}
              className={classes.row}
              onClick={(event) => {
                if (!onOpen || event.metaKey || event.ctrlKey || event.shiftKey) return;
                event.preventDefault();
                onOpen(booking.id);
              }}
            >
              <time dateTime={booking.start} className={classes.time} data-over={over || undefined}>
                {f.range(booking.start, booking.end)}
              </time>
              <span className={classes.main}>
                <Text component="span" className={classes.name}>
                  {booking.invitee_name}
                </Text>
                <Text component="span" className={classes.what}>
                  <Mark color={booking.event_type.color} />
                  <span className={classes.ellipsis}>
                    {booking.event_type.name} · {booking.organizer.name}
                  </span>
                </Text>
              </span>
              <BookingStatus booking={booking} />
            </Link>
          </li>
        );
      })}
    </ul>
  );
}
