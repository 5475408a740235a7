/** All of one's notifications, with filters. */
import { Button, SegmentedControl, Select } from "@mantine/core";
import { IconBell, IconChecks } from "@tabler/icons-react";
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { getRouteApi, useNavigate } from "@tanstack/react-router";
import { useT } from "@/i18n";
import { Page, Section } from "@/shared/Page";
import { MoreRows } from "@/shared/pages";
import { Answer, EmptyState } from "@/shared/states";
import table from "@/shared/table.module.css";
import { notice } from "@/shared/toast";
import classes from "./messaging.module.css";
import { NotificationRow } from "./NotificationRow";
import { GROUPS } from "./preferences";
import { notificationsQuery, unreadQuery, useReadAll } from "./queries";

const route = getRouteApi("/app/notifications");

export function Notifications() {
  const t = useT();
  const navigate = useNavigate({ from: "/notifications" });
  const { unread, group } = route.useSearch();
  const query = useInfiniteQuery(notificationsQuery({ unread, group }));
  const waiting = useQuery(unreadQuery).data?.count ?? 0;
  const readAll = useReadAll(() => notice(t.notifications.allRead));
  const filtered = unread !== undefined || group !== undefined;
  return (
    <Page
      title={t.notifications.title}
      narrow
      action={
        waiting > 0 ? (
          <Button
            leftSection={<IconChecks size={16} aria-hidden />}
            loading={readAll.isPending}
            onClick={() => readAll.mutate()}
          >
            {t.notifications.markAll}
          </Button>
        ) : undefined
      }
    >
      <div className={table.toolbar}>
        <SegmentedControl
          aria-label={t.notifications.title}
          data={[
            { value: "all", label: t.notifications.all },
            { value: "unread", label: t.notifications.fresh },
          ]}
          value={unread ? "unread" : "all"}
          onChange={(value) =>
            void navigate({ search: (s) => ({ ...s, unread: value === "unread" ? true : undefined }) })
          }
        />
        <Select
          aria-label={t.notifications.group}
          placeholder={t.notifications.group}
          clearable
          data={GROUPS.map((value) => ({ value, label: t.notifications.groups[value] }))}
          value={group ?? null}
          onChange={(value) =>
            void navigate({ search: (s) => ({ ...s, group: GROUPS.find((one) => one === value) }) })
          }
        />
      </div>
      <Answer query={query}>
        {(rows) =>
          rows.length === 0 ? (
            <EmptyState
              icon={IconBell}
              title={filtered ? t.notifications.noneTitle : t.notifications.emptyTitle}
            >
              {filtered ? t.notifications.noneText : t.notifications.emptyText}
            </EmptyState>
          ) : (
            <>
              <Section flush>
                <ul className={classes.list}>
                  {rows.map((row) => (
                    <NotificationRow key={row.id} notification={row} />
                  ))}
                </ul>
              </Section>
              <MoreRows query={query} />
            </>
          )
        }
      </Answer>
    </Page>
  );
}
