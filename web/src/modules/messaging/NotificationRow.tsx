/** One notification: what happened, when, and whether it was read. */
import { ActionIcon, Group, Text, Tooltip, VisuallyHidden } from "@mantine/core";
import {
  type Icon,
  IconAlertTriangle,
  IconCalendarEvent,
  IconInfoCircle,
  IconMail,
  IconMailOpened,
  IconShieldLock,
  IconUsers,
} from "@tabler/icons-react";
import { Link } from "@tanstack/react-router";
import type { Notification, NotificationGroup } from "@/api/types";
import { useFormats } from "@/app/session";
import { useT } from "@/i18n";
import classes from "./messaging.module.css";
import { notificationDetail, notificationText } from "./notificationText";
import { useReading } from "./queries";

const ICONS: Record<NotificationGroup, Icon> = {
  bookings: IconCalendarEvent,
  workspace: IconUsers,
  system: IconInfoCircle,
  security: IconShieldLock,
};

export function NotificationRow({ notification, left }: { notification: Notification; left?: () => void }) {
  const t = useT();
  const f = useFormats();
  const reading = useReading();
  const isRead = notification.read_at !== null;
  const Sign = notification.severity === "info" ? ICONS[notification.group] : IconAlertTriangle;
  const detail = notificationDetail(notification, t, f);
  const content = (
    <>
      <Sign
        size={20}
        stroke={1.6}
        aria-hidden
        className={classes.icon}
        data-severity={notification.severity}
      />
      <span className={classes.text}>
        {isRead ? null : <VisuallyHidden>{t.notifications.isUnread}: </VisuallyHidden>}
        <Text component="span" fw={isRead ? 400 : 600} className={classes.sentence}>
          {notificationText(notification, t, f)}
        </Text>
        <Text component="span" size="sm" c="dimmed" className={classes.sentence}>
          {detail ? `${detail} · ` : ""}
          <time dateTime={notification.created_at}>{f.relative(notification.created_at)}</time>
        </Text>
      </span>
    </>
  );
  const action = isRead ? t.notifications.markUnread : t.notifications.markRead;
  return (
    <Group component="li" wrap="nowrap" gap={4} className={classes.row} data-unread={!isRead || undefined}>
      {notification.link ? (
        <Link
          to={notification.link as "/"}
          className={classes.body}
          onClick={() => {
            if (!isRead) reading.mutate({ notification, read: true });
            left?.();
          }}
        >
          {content}
        </Link>
      ) : (
        <div className={classes.body}>{content}</div>
      )}
      <Tooltip label={action}>
        <ActionIcon
          aria-label={`${action}: ${notificationText(notification, t, f)}`}
          onClick={() => reading.mutate({ notification, read: !isRead })}
        >
          {isRead ? <IconMail size={18} stroke={1.6} /> : <IconMailOpened size={18} stroke={1.6} />}
        </ActionIcon>
      </Tooltip>
    </Group>
  );
}
