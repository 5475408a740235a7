/** What happened in the workspace while this screen was open, newest first. */
import { ActionIcon, Indicator, Popover, ScrollArea, Stack, Text, Title } from "@mantine/core";
import { IconBell } from "@tabler/icons-react";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import type { LiveEvent } from "@/api/stream";
import { useT } from "@/i18n";
import { eventText } from "@/shared/eventText";
import classes from "./frame.module.css";
import { useFormats } from "./session";

/** Where the record of an event stands, for those that have a page. */
function placeOf(event: LiveEvent): { to: string; params: { id: string } } | null {
  if (event.subject_type === "booking") return { to: "/bookings/$id", params: { id: event.subject_id } };
  if (event.subject_type === "contact") return { to: "/contacts/$id", params: { id: event.subject_id } };
  if (event.subject_type === "event_type")
    return { to: "/event-types/$id", params: { id: event.subject_id } };
  return null;
}

export function Notices({ events }: { events: LiveEvent[] }) {
  const t = useT();
  const f = useFormats();
  const [seen, setSeen] = useState<string | null>(null);
  const unseen = events.findIndex((event) => event.id === seen);
  const fresh = unseen < 0 ? events.length : unseen;
  return (
    <Popover position="bottom-end" width={340} withArrow onOpen={() => setSeen(events[0]?.id ?? null)}>
      <Popover.Target>
        <ActionIcon size={36} aria-label={fresh > 0 ? t.notices.fresh(fresh) : t.notices.title}>
          <Indicator disabled={fresh === 0} size={8} offset={2} zIndex={1}>
            <IconBell size={20} stroke={1.6} />
          </Indicator>
        </ActionIcon>
      </Popover.Target>
      <Popover.Dropdown p="xs">
        <Title order={2} px="sm" py={4}>
          {t.notices.title}
        </Title>
        {events.length === 0 ? (
          <Text c="dimmed" px="sm" pb="sm">
            {t.notices.empty}
          </Text>
        ) : (
          <ScrollArea.Autosize mah={360}>
            <Stack gap={0}>
              {events.map((event) => {
                const place = placeOf(event);
                const content = (
                  <>
                    <Text>{eventText(event.kind, event.payload, t)}</Text>
                    <Text size="sm" c="dimmed">
                      {f.time(event.created_at)} · {f.relative(event.created_at)}
                    </Text>
                  </>
                );
                return place ? (
                  <Link key={event.id} {...place} className={classes.notice}>
                    {content}
                  </Link>
                ) : (
                  <div key={event.id} className={classes.notice}>
                    {content}
                  </div>
                );
              })}
            </Stack>
          </ScrollArea.Autosize>
        )}
      </Popover.Dropdown>
    </Popover>
  );
}
