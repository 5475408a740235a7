/** Hands a booking over to another organizer; everybody concerned gets a mail. */
import { Button, Group, Modal, Select, Stack, Text, Textarea } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { keys } from "@/api/cache";
import { api, take } from "@/api/client";
import type { Booking, BookingReassignment } from "@/api/types";
import { useT } from "@/i18n";
import { useChange } from "@/shared/change";
import { Answer } from "@/shared/states";
import { notice } from "@/shared/toast";
import { organizersQuery } from "./queries";

interface ReassignProps {
  booking: Booking;
  opened: boolean;
  onClose: () => void;
}

export function Reassign({ booking, opened, onClose }: ReassignProps) {
  const t = useT();
  return (
    <Modal
      opened={opened}
      onClose={onClose}
      title={t.bookings.reassignTitle(booking.invitee_name)}
      closeButtonProps={{ "aria-label": t.common.close }}
    >
      <Choice booking={booking} onClose={onClose} />
    </Modal>
  );
}

function Choice({ booking, onClose }: Omit<ReassignProps, "opened">) {
  const t = useT();
  const query = useQuery(organizersQuery);
  const [to, setTo] = useState<string | null>(null);
  const [from, setFrom] = useState(booking.organizers[0]?.user_id ?? null);
  const [reason, setReason] = useState("");
  const hand = useChange<BookingReassignment, Booking>({
    run: (body) =>
      take(api.POST("/api/v1/bookings/{id}/reassignments", { params: { path: { id: booking.id } }, body })),
    stale: [keys.bookings, keys.history, keys.home, keys.slots],
    done: (after) => {
      notice(t.bookings.reassigned(after.organizers.map((one) => one.name).join(", ")));
      onClose();
    },
  });
  return (
    <Answer query={query}>
      {({ items }) => {
        const others = items.filter(
          (one) => one.is_active && booking.organizers.every((held) => held.user_id !== one.user_id),
        );
        if (others.length === 0) return <Text c="dimmed">{t.bookings.nobodyElse}</Text>;
        return (
          <form
            onSubmit={(event) => {
              event.preventDefault();
              if (!to) return;
              hand.mutate({
                organizer_id: to,
                in_place_of: from ?? undefined,
                reason: reason.trim() || undefined,
              });
            }}
          >
            <Stack>
              <Text>{t.bookings.reassignText}</Text>
              {booking.organizers.length > 1 ? (
                <Select
                  label={t.bookings.inPlaceOf}
                  allowDeselect={false}
                  data={booking.organizers.map((one) => ({ value: one.user_id, label: one.name }))}
                  value={from}
                  onChange={setFrom}
                />
              ) : null}
              <Select
                label={t.bookings.newOrganizer}
                data-autofocus
                searchable
                data={others.map((one) => ({ value: one.user_id, label: one.display_name }))}
                value={to}
                onChange={setTo}
              />
              <Textarea
                label={t.bookings.reason}
                description={t.common.optional}
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
                <Button type="submit" disabled={!to} loading={hand.isPending}>
                  {t.bookings.reassign}
                </Button>
              </Group>
            </Stack>
          </form>
        );
      }}
    </Answer>
  );
}
