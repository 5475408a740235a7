import { useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { useFormats } from "@/app/session";
import { useT } from "@/i18n";
import { Page, Section } from "@/shared/Page";
import { BookingRecord } from "./BookingRecord";
import { BookingStatus } from "./BookingRows";
import { bookingQuery } from "./queries";

const route = getRouteApi("/app/bookings/$id");

/** A booking at its own address. */
export function BookingPage() {
  const t = useT();
  const f = useFormats();
  const { id } = route.useParams();
  const { data: booking } = useQuery(bookingQuery(id));
  return (
    <Page
      title={booking?.invitee_name ?? t.bookings.one}
      tabTitle={booking ? `${booking.invitee_name}, ${f.date(booking.start)}` : undefined}
      description={booking ? f.span(booking.start, booking.end) : undefined}
      badge={booking ? <BookingStatus booking={booking} /> : null}
      back="/bookings"
    >
      <Section>
        <BookingRecord id={id} />
      </Section>
    </Page>
  );
}
