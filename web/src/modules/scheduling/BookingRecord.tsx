/** One booking: facts, what can be done with it, and what happened to it. */
import { Anchor, Button, Group, Menu, Modal, Stack, Text, Textarea, Timeline, Title } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import {
  IconCalendarRepeat,
  IconCalendarX,
  IconCheck,
  IconChevronDown,
  IconDownload,
  IconUserCheck,
  IconUserOff,
  IconUserShare,
  IconX,
} from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { keys } from "@/api/cache";
import { api, take } from "@/api/client";
import type { Booking, HistoryEntry } from "@/api/types";
import { useFormats, useMay } from "@/app/session";
import { useT } from "@/i18n";
import type { Catalogue } from "@/i18n/en";
import { MessagesAbout } from "@/modules/messaging/MessageLog";
import { When } from "@/shared/bits";
import { useChange } from "@/shared/change";
import { actorName, eventText } from "@/shared/eventText";
import { Fact } from "@/shared/InlineField";
import { LinkAnchor } from "@/shared/links";
import { Answer } from "@/shared/states";
import { formatsFor } from "@/shared/time";
import { notice } from "@/shared/toast";
import { BookingStatus, Mark } from "./BookingRows";
import { useCancelBookings, useDecideBooking } from "./bookingChanges";
import { hasLapsed } from "./lapsed";
import { bookingQuery, historyQuery } from "./queries";
import { Reassign } from "./Reassign";
import classes from "./record.module.css";
import { SlotPicker } from "./SlotPicker";

export function BookingRecord({ id, inPanel }: { id: string; inPanel?: boolean }) {
  const query = useQuery(bookingQuery(id));
  return (
    <Answer query={query}>
      {(booking) => (
        <div className={classes.record} data-panel={inPanel || undefined}>
          <div className={classes.facts}>
            {inPanel ? <Head booking={booking} /> : null}
            <Actions booking={booking} />
            <Facts booking={booking} />
          </div>
          <History id={booking.id} />
          <Sent id={booking.id} />
        </div>
      )}
    </Answer>
  );
}

function Sent({ id }: { id: string }) {
  const t = useT();
  const may = useMay();
  if (!may("messages:read")) return null;
  return (
    <section className={classes.facts} aria-label={t.sending.ofBooking}>
      <Title order={2} mb="sm">
        {t.sending.ofBooking}
      </Title>
      <MessagesAbout id={id} />
    </section>
  );
}

function Head({ booking }: { booking: Booking }) {
  const f = useFormats();
  return (
    <Stack gap={2} mb="md" pr={72}>
      <Title order={2} className={classes.name}>
        {booking.invitee_name}
      </Title>
      <Text c="dimmed">{f.span(booking.start, booking.end)}</Text>
      <Group>
        <BookingStatus booking={booking} />
      </Group>
    </Stack>
  );
}

function Actions({ booking }: { booking: Booking }) {
  const t = useT();
  const may = useMay();
  const [moving, move] = useDisclosure(false);
  const [cancelling, askCancel] = useDisclosure(false);
  const [declining, askDecline] = useDisclosure(false);
  const [handing, hand] = useDisclosure(false);
  const cancel = useCancelBookings();
  const decide = useDecideBooking(booking);
  const ahead = Date.parse(booking.start) > Date.now();
  const lapsed = hasLapsed(booking);
  const standing = booking.status === "confirmed" || booking.status === "pending";
  if (!may("bookings:write")) return null;
  return (
    <Group gap="xs" mb="md">
      {booking.status === "pending" ? (
        <>
          {lapsed ? (
            <Text c="dimmed" w="100%">
              {t.bookings.lapsedText}
            </Text>
          ) : (
            <Button
              leftSection={<IconCheck size={16} aria-hidden />}
              loading={decide.isPending}
              onClick={() => decide.mutate({ decision: "confirm" })}
            >
              {t.bookings.confirm}
            </Button>
          )}
          <Button variant="default" leftSection={<IconX size={16} aria-hidden />} onClick={askDecline.open}>
            {t.bookings.decline}
          </Button>
        </>
      ) : null}
      {standing && ahead ? (
        <Button
          variant="default"
          leftSection={<IconCalendarRepeat size={16} aria-hidden />}
          onClick={move.open}
        >
          {t.bookings.reschedule}
        </Button>
      ) : null}
      {standing && ahead && may("organizers:read") ? (
        <Button variant="default" leftSection={<IconUserShare size={16} aria-hidden />} onClick={hand.open}>
          {t.bookings.reassign}
        </Button>
      ) : null}
      {standing && booking.status !== "pending" && ahead ? (
        <Button.Group>
          <Button
            variant="default"
            leftSection={<IconCalendarX size={16} aria-hidden />}
            onClick={() => cancel.mutate({ bookings: [booking] })}
          >
            {t.bookings.cancel}
          </Button>
          <Menu position="bottom-end">
            <Menu.Target>
              <Button variant="default" px={8} aria-label={t.bookings.moreWaysToCancel}>
                <IconChevronDown size={16} aria-hidden />
              </Button>
            </Menu.Target>
            <Menu.Dropdown>
              <Menu.Item onClick={askCancel.open}>{t.bookings.cancelWithReason}</Menu.Item>
            </Menu.Dropdown>
          </Menu>
        </Button.Group>
      ) : null}
      {!ahead && (booking.status === "confirmed" || booking.status === "completed") ? (
        <Button
          variant="default"
          leftSection={<IconUserOff size={16} aria-hidden />}
          loading={decide.isPending}
          onClick={() => decide.mutate({ decision: "no_show" })}
        >
          {t.bookings.noShow}
        </Button>
      ) : null}
      {booking.status === "no_show" ? (
        <Button
          variant="default"
          leftSection={<IconUserCheck size={16} aria-hidden />}
          loading={decide.isPending}
          onClick={() => decide.mutate({ decision: "attended" })}
        >
          {t.bookings.attended}
        </Button>
      ) : null}
      <Reassign booking={booking} opened={handing} onClose={hand.close} />
      <RescheduleDialog booking={booking} opened={moving} onClose={move.close} />
      <ReasonDialog
        opened={cancelling}
        onClose={askCancel.close}
        title={t.bookings.cancelTitle(booking.invitee_name)}
        text={t.bookings.cancelText}
        action={t.bookings.cancel}
        onReason={(reason) => cancel.mutate({ bookings: [booking], reason })}
      />
      <ReasonDialog
        opened={declining}
        onClose={askDecline.close}
        title={t.bookings.declineTitle(booking.invitee_name)}
        text={t.bookings.declineText}
        action={t.bookings.decline}
        onReason={(reason) => decide.mutate({ decision: "decline", reason })}
      />
    </Group>
  );
}

function ReasonDialog({
  opened,
  onClose,
  title,
  text,
  action,
  onReason,
}: {
  opened: boolean;
  onClose: () => void;
  title: string;
  text: string;
  action: string;
  onReason: (reason: string | undefined) => void;
}) {
  const t = useT();
  const [reason, setReason] = useState("");
  return (
    <Modal
      opened={opened}
      onClose={onClose}
      title={title}
      closeButtonProps={{ "aria-label": t.common.close }}
    >
      <form
        onSubmit={(event) => {
          event.preventDefault();
          onReason(reason.trim() || undefined);
          onClose();
        }}
      >
        <Stack>
          <Text>{text}</Text>
          <Textarea
            label={t.bookings.reason}
            description={t.common.optional}
            data-autofocus
            autosize
            minRows={2}
            maxLength={1000}
            value={reason}
            onChange={(e) => setReason(e.currentTarget.value)}
          />
          <Group justify="flex-end">
            <Button variant="default" onClick={onClose}>
              {t.common.back}
            </Button>
            <Button type="submit">{action}</Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}

function RescheduleDialog({
  booking,
  opened,
  onClose,
}: {
  booking: Booking;
  opened: boolean;
  onClose: () => void;
}) {
  const t = useT();
  const f = useFormats();
  const [start, setStart] = useState<string | null>(null);
  const move = useChange<string, Booking>({
    run: (to) =>
      take(
        api.POST("/api/v1/bookings/{id}/reschedulings", {
          params: { path: { id: booking.id } },
          body: { start: to },
        }),
      ),
    stale: [keys.bookings, keys.history, keys.home, keys.slots],
    done: (moved) => {
      notice(t.bookings.moved(f.span(moved.start, moved.end)));
      setStart(null);
      onClose();
    },
    refused: (problem) => {
      if (problem.code === "slot_taken") setStart(null);
      return false;
    },
  });
  return (
    <Modal
      opened={opened}
      onClose={onClose}
      title={t.bookings.rescheduleTitle(booking.invitee_name)}
      size="lg"
      closeButtonProps={{ "aria-label": t.common.close }}
    >
      <Stack>
        <Text c="dimmed">
          {t.bookings.now}: {f.span(booking.start, booking.end)}
        </Text>
        <SlotPicker
          eventTypeId={booking.event_type.id}
          otherZone={booking.invitee_timezone}
          value={start}
          onChange={setStart}
        />
        <Group justify="flex-end">
          <Button disabled={!start} loading={move.isPending} onClick={() => start && move.mutate(start)}>
            {t.bookings.reschedule}
          </Button>
        </Group>
      </Stack>
    </Modal>
  );
}

function Facts({ booking }: { booking: Booking }) {
  const t = useT();
  const f = useFormats();
  const may = useMay();
  const theirs = formatsFor(f.locale, booking.invitee_timezone).weekdayTime(booking.start);
  return (
    <Stack gap={2}>
      <Fact label={t.bookings.time}>
        {f.span(booking.start, booking.end)}
        {booking.invitee_timezone !== f.zone ? (
          <Text size="sm" c="dimmed">
            {t.bookings.forInvitee(theirs, booking.invitee_timezone)}
          </Text>
        ) : null}
      </Fact>
      <Fact label={t.bookings.eventType}>
        <Group gap={6} wrap="nowrap">
          <Mark color={booking.event_type.color} />
          {may("event_types:read") ? (
            <LinkAnchor to="/event-types/$id" params={{ id: booking.event_type.id }} inherit>
              {booking.event_type.name}
            </LinkAnchor>
          ) : (
            booking.event_type.name
          )}
        </Group>
      </Fact>
      <Fact label={t.bookings.organizer}>{booking.organizers.map((one) => one.name).join(", ")}</Fact>
      <Fact label={t.bookings.invitee}>
        {booking.contact_id && may("contacts:read") ? (
          <LinkAnchor to="/contacts/$id" params={{ id: booking.contact_id }} inherit>
            {booking.invitee_name}
          </LinkAnchor>
        ) : (
          booking.invitee_name
        )}
      </Fact>
      <Fact label={t.auth.email}>
        <Anchor href={`mailto:${booking.invitee_email}`} inherit>
          {booking.invitee_email}
        </Anchor>
      </Fact>
      {booking.invitee_phone ? (
        <Fact label={t.contacts.fields.phone}>
          <Anchor href={`tel:${booking.invitee_phone}`} inherit>
            {booking.invitee_phone}
          </Anchor>
        </Fact>
      ) : null}
      {booking.location ? <Fact label={t.bookings.location}>{booking.location}</Fact> : null}
      {booking.notes ? (
        <Fact label={t.bookings.notes}>
          <span className={classes.long}>{booking.notes}</span>
        </Fact>
      ) : null}
      {booking.answers.map((answer) => (
        <Fact key={answer.key} label={answer.label}>
          <span className={classes.long}>{answer.kind === "checkbox" ? "✓" : answer.values.join(", ")}</span>
        </Fact>
      ))}
      {booking.status === "cancelled" ? (
        <Fact label={t.bookings.cancelledBy}>
          {booking.cancelled_by === "invitee" ? t.bookings.byInvitee : t.bookings.byOrganizer}
        </Fact>
      ) : null}
      {booking.cancellation_reason ? (
        <Fact label={t.bookings.reason}>{booking.cancellation_reason}</Fact>
      ) : null}
      {booking.rescheduled_from ? (
        <Fact label={t.bookings.movedFrom}>
          <When at={booking.rescheduled_from} otherZone={booking.invitee_timezone} />
        </Fact>
      ) : null}
      <Fact label={t.bookings.created}>
        <When at={booking.created_at} otherZone={booking.invitee_timezone} />
      </Fact>
      <Group mt="sm">
        <Button
          component="a"
          href={`/api/v1/bookings/${booking.id}/calendar-file`}
          download
          variant="default"
          size="compact-md"
          leftSection={<IconDownload size={16} aria-hidden />}
        >
          {t.bookings.calendarFile}
        </Button>
      </Group>
    </Stack>
  );
}

function History({ id }: { id: string }) {
  const t = useT();
  const query = useQuery(historyQuery(id));
  return (
    <section className={classes.history} aria-label={t.bookings.history}>
      <Title order={2} mb="sm">
        {t.bookings.history}
      </Title>
      <Answer query={query}>
        {({ items }) =>
          items.length === 0 ? (
            <Text c="dimmed">{t.bookings.noHistory}</Text>
          ) : (
            <Timeline color="gray" bulletSize={12} lineWidth={1} active={items.length}>
              {items.map((entry) => (
                <Timeline.Item key={`${entry.at}${entry.kind}`} lineVariant="solid">
                  <Entry entry={entry} />
                </Timeline.Item>
              ))}
            </Timeline>
          )
        }
      </Answer>
    </section>
  );
}

/** Of a handover it says to whom. */
function historyText({ kind, text_params }: HistoryEntry, t: Catalogue): string {
  const holders = text_params.with;
  if (kind === "booking.reassigned" && typeof holders === "string") return t.bookings.reassigned(holders);
  return eventText(kind, text_params, t);
}

function Entry({ entry }: { entry: HistoryEntry }) {
  const t = useT();
  return (
    <>
      <Text>{historyText(entry, t)}</Text>
      <Text size="sm" c="dimmed">
        <When at={entry.at} />
        {entry.actor ? ` · ${actorName(entry.actor, t)}` : ""}
      </Text>
    </>
  );
}
