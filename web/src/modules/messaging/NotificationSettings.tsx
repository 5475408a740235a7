/** What one wants to be told in this workspace, over which channel, and when not to be disturbed. */
import { Group, Select, Stack, Switch, Text } from "@mantine/core";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Fragment, useEffect, useState } from "react";
import { keys } from "@/api/cache";
import { api, ifMatch, take } from "@/api/client";
import type { NotificationPreferences, NotificationPreferencesInput } from "@/api/types";
import { useT } from "@/i18n";
import { useChange } from "@/shared/change";
import { Section } from "@/shared/Page";
import { parseTime } from "@/shared/parseTime";
import { Answer } from "@/shared/states";
import { TimeField } from "@/shared/TimeField";
import { notice } from "@/shared/toast";
import classes from "./messaging.module.css";
import { channelOf, GROUPS, inputOf, REMINDERS, withChannel } from "./preferences";
import { preferencesQuery } from "./queries";

export function NotificationSettings() {
  const query = useQuery(preferencesQuery);
  return <Answer query={query}>{(preferences) => <Choices preferences={preferences} />}</Answer>;
}

function Choices({ preferences }: { preferences: NotificationPreferences }) {
  const t = useT();
  const client = useQueryClient();
  const save = useChange<NotificationPreferencesInput, NotificationPreferences>({
    // The version is read when the change is sent: one that follows another follows its answer too.
    run: (body) =>
      take(
        api.PUT("/api/v1/notification-preferences", {
          params: { header: ifMatch(client.getQueryData(preferencesQuery.queryKey) ?? preferences) },
          body,
        }),
      ),
    show: (body) => {
      const before = client.getQueryData(preferencesQuery.queryKey);
      client.setQueryData(preferencesQuery.queryKey, { ...preferences, ...body });
      return () => client.setQueryData(preferencesQuery.queryKey, before);
    },
    queue: keys.notificationPreferences,
    stale: [keys.notificationPreferences],
    done: (saved) => {
      client.setQueryData(preferencesQuery.queryKey, saved);
      notice(t.notificationSettings.saved);
    },
  });
  const input = inputOf(preferences);
  const words = { in_app: t.notificationSettings.inApp, email: t.notificationSettings.email };
  return (
    <>
      <Section title={t.settings.notifications} description={t.notificationSettings.text}>
        <div className={classes.channels}>
          <span />
          <span className={classes.head}>{words.in_app}</span>
          <span className={classes.head}>{words.email}</span>
          {GROUPS.map((group) => (
            <Fragment key={group}>
              <div>
                <Text fw={500}>{t.notifications.groups[group]}</Text>
                <Text size="sm" c="dimmed">
                  {t.notificationSettings.about[group]}
                </Text>
              </div>
              {(["in_app", "email"] as const).map((channel) => {
                const on = channelOf(preferences, group, channel);
                return on === undefined ? (
                  <span key={channel} />
                ) : (
                  <Switch
                    key={channel}
                    className={classes.cell}
                    aria-label={`${t.notifications.groups[group]}: ${words[channel]}`}
                    checked={on}
                    disabled={group === "security"}
                    onChange={(event) =>
                      save.mutate(withChannel(input, group, channel, event.currentTarget.checked))
                    }
                  />
                );
              })}
            </Fragment>
          ))}
        </div>
      </Section>
      <Section title={t.notificationSettings.reminder} description={t.notificationSettings.reminderText}>
        <Select
          w={220}
          aria-label={t.notificationSettings.reminder}
          allowDeselect={false}
          data={[...new Set([...REMINDERS, input.reminder_minutes_before])]
            .sort((a, b) => a - b)
            .map((minutes) => ({ value: String(minutes), label: t.notificationSettings.before(minutes) }))}
          value={String(input.reminder_minutes_before)}
          onChange={(minutes) => save.mutate({ ...input, reminder_minutes_before: Number(minutes) })}
        />
      </Section>
      <Section title={t.notificationSettings.quiet} description={t.notificationSettings.quietText}>
        <Quiet
          hours={input.do_not_disturb}
          save={(hours) => save.mutate({ ...input, do_not_disturb: hours })}
        />
      </Section>
    </>
  );
}

type Hours = NotificationPreferences["do_not_disturb"];

/** Times are sent once they are times, and are two. */
function Quiet({ hours, save }: { hours: Hours; save: (hours: Hours) => void }) {
  const t = useT();
  const [typed, setTyped] = useState(hours);
  useEffect(() => setTyped(hours), [hours]);
  const faulty = (time: string) => parseTime(time) === null;
  const same = typed.from === typed.until;
  const change = (changes: Partial<Hours>) => {
    const next = { ...typed, ...changes };
    setTyped(next);
    if (!faulty(next.from) && !faulty(next.until) && next.from !== next.until) save(next);
  };
  return (
    <Stack>
      <Switch
        label={t.notificationSettings.enabled}
        checked={typed.enabled}
        onChange={(event) => change({ enabled: event.currentTarget.checked })}
      />
      {typed.enabled ? (
        <>
          <Group>
            <TimeField
              label={t.notificationSettings.from}
              value={typed.from}
              faulty={faulty(typed.from)}
              onChange={(from) => change({ from })}
            />
            <Text aria-hidden>–</Text>
            <TimeField
              label={t.notificationSettings.until}
              value={typed.until}
              faulty={faulty(typed.until) || same}
              onChange={(until) => change({ until })}
            />
          </Group>
          {same ? (
            <Text c="red" size="sm" role="alert">
              {t.notificationSettings.same}
            </Text>
          ) : null}
        </>
      ) : null}
    </Stack>
  );
}
