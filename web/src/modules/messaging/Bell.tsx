/** The bell of the frame: how many notifications are unread, and the panel with them. */
import { ActionIcon, Box, Button, Group, Indicator, Popover, ScrollArea, Text, Title } from "@mantine/core";
import { notifications as toasts } from "@mantine/notifications";
import { IconBell, IconSettings } from "@tabler/icons-react";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect, useId, useRef, useState } from "react";
import type { LiveEvent } from "@/api/stream";
import type { Notification } from "@/api/types";
import { useFormats } from "@/app/session";
import { useT } from "@/i18n";
import { LinkActionIcon, LinkButton } from "@/shared/links";
import { Answer } from "@/shared/states";
import { notice } from "@/shared/toast";
import classes from "./messaging.module.css";
import { NotificationRow } from "./NotificationRow";
import { notificationText } from "./notificationText";
import { panelQuery, unreadQuery, useReadAll } from "./queries";

export function Bell({ events }: { events: LiveEvent[] }) {
  const t = useT();
  const title = useId();
  const [opened, setOpened] = useState(false);
  const close = () => setOpened(false);
  const unread = useQuery(unreadQuery).data?.count ?? 0;
  useAnnounced(events);
  return (
    <Popover
      opened={opened}
      onChange={setOpened}
      position="bottom-end"
      width="min(400px, calc(100vw - 16px))"
      withArrow
      trapFocus
      returnFocus
    >
      <Popover.Target>
        <ActionIcon
          size={36}
          onClick={() => setOpened(!opened)}
          aria-label={unread > 0 ? t.notifications.unread(unread) : t.notifications.title}
        >
          <Indicator
            disabled={unread === 0}
            label={unread > 99 ? t.notifications.more : unread}
            size={16}
            offset={3}
            zIndex={1}
          >
            <IconBell size={20} stroke={1.6} />
          </Indicator>
        </ActionIcon>
      </Popover.Target>
      <Popover.Dropdown p="xs" aria-labelledby={title}>
        <Panel title={title} unread={unread} close={close} />
      </Popover.Dropdown>
    </Popover>
  );
}

function Panel({ title, unread, close }: { title: string; unread: number; close: () => void }) {
  const t = useT();
  const query = useQuery(panelQuery);
  const readAll = useReadAll(() => notice(t.notifications.allRead));
  return (
    <>
      <Group justify="space-between" wrap="nowrap" px="sm" py={4}>
        <Title order={2} id={title}>
          {t.notifications.title}
        </Title>
        <LinkActionIcon to="/settings/notifications" aria-label={t.notifications.preferences} onClick={close}>
          <IconSettings size={18} stroke={1.6} />
        </LinkActionIcon>
      </Group>
      <Answer query={query}>
        {({ fresh, read }) =>
          fresh.length + read.length === 0 ? (
            <Box className={classes.empty}>
              <Text fw={600}>{t.notifications.emptyTitle}</Text>
              <Text c="dimmed">{t.notifications.emptyText}</Text>
            </Box>
          ) : (
            <ScrollArea.Autosize mah="min(60vh, 480px)">
              <Part title={t.notifications.fresh} rows={fresh} close={close} />
              <Part title={t.notifications.earlier} rows={read} close={close} />
            </ScrollArea.Autosize>
          )
        }
      </Answer>
      <div className={classes.foot}>
        <LinkButton to="/notifications" variant="subtle" size="compact-md" onClick={close}>
          {t.notifications.everything}
        </LinkButton>
        {unread > 0 ? (
          <Button
            variant="subtle"
            size="compact-md"
            loading={readAll.isPending}
            onClick={() => readAll.mutate()}
          >
            {t.notifications.markAll}
          </Button>
        ) : null}
      </div>
    </>
  );
}

function Part({ title, rows, close }: { title: string; rows: Notification[]; close: () => void }) {
  if (rows.length === 0) return null;
  return (
    <section aria-label={title}>
      <Text size="sm" c="dimmed" className={classes.part}>
        {title}
      </Text>
      <ul className={classes.list}>
        {rows.map((row) => (
          <NotificationRow key={row.id} notification={row} left={close} />
        ))}
      </ul>
    </section>
  );
}

/** Groups in which others act; what concerns security is mostly the echo of what one has just done. */
const ANNOUNCED = ["bookings", "workspace"];

/** Says what comes in while one is here, politely, unless it is to be quiet. */
function useAnnounced(events: LiveEvent[]): void {
  const t = useT();
  const f = useFormats();
  const client = useQueryClient();
  const last = useRef<string | null>(null);
  const event = events.find(({ kind }) => kind === "notification.created");
  // biome-ignore lint/correctness/useExhaustiveDependencies: each event is said once, whatever else changes
  useEffect(() => {
    if (!event || event.id === last.current) return;
    last.current = event.id;
    const { notification_id, group, is_quiet } = event.payload;
    if (is_quiet === true || !ANNOUNCED.includes(String(group))) return;
    void client.fetchQuery({ ...panelQuery, staleTime: 0 }).then(
      ({ fresh }) => {
        const told = fresh.find(({ id }) => id === notification_id);
        if (!told) return;
        toasts.show({
          role: "status",
          message: notificationText(told, t, f),
          autoClose: 5000,
          withBorder: true,
          withCloseButton: false,
        });
      },
      () => {
        // The badge says it as well.
      },
    );
  }, [event?.id]);
}
