/** The bookings that stand in an absence just saved: they are not moved by it. */
import { Button, Group, Stack, Text } from "@mantine/core";
import { useInfiniteQuery } from "@tanstack/react-query";
import type { BlockedTime } from "@/api/types";
import { useT } from "@/i18n";
import { Answer } from "@/shared/states";
import { addDays, dateIn } from "@/shared/time";
import { BookingRows } from "./BookingRows";
import { bookingsQuery } from "./queries";

export function OverlappingBookings({ blocked, onDone }: { blocked: BlockedTime; onDone: () => void }) {
  const t = useT();
  const { start, end, timezone, organizer_id } = blocked;
  const last = dateIn(new Date(Date.parse(end) - 1000), timezone);
  // A booking of the evening before may reach into the first day.
  const from = addDays(dateIn(start, timezone), -1);
  const query = useInfiniteQuery(
    bookingsQuery({ view: "upcoming", from, to: last, organizer: organizer_id }, timezone),
  );
  return (
    <Stack>
      <Answer query={query}>
        {(bookings) => {
          const inside = bookings.filter((booking) => Date.parse(booking.end) > Date.parse(start));
          return inside.length === 0 ? (
            <Text>{t.timeOff.noneOverlap}</Text>
          ) : (
            <>
              <Text>{t.timeOff.overlap(inside.length)}</Text>
              <BookingRows bookings={inside} />
            </>
          );
        }}
      </Answer>
      {query.hasNextPage ? (
        <Button
          variant="default"
          loading={query.isFetchingNextPage}
          onClick={() => void query.fetchNextPage()}
        >
          {t.common.more}
        </Button>
      ) : null}
      <Group justify="flex-end">
        <Button onClick={onDone}>{t.common.done}</Button>
      </Group>
    </Stack>
  );
}
