/** One's own name, language, zone and working time; each saved when changed. */
import { Chip, Group, Input, Select, Stack, TextInput } from "@mantine/core";
import { TimeInput } from "@mantine/dates";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { keys, patchCached } from "@/api/cache";
import { api, ifMatch, take } from "@/api/client";
import type { User, UserChanges } from "@/api/types";
import { sessionQuery } from "@/app/session";
import { LOCALE_NAMES, LOCALES, nearestLocale, useT } from "@/i18n";
import { ZoneSelect } from "@/shared/bits";
import { type Edit, editOf, useChange } from "@/shared/change";
import { Section } from "@/shared/Page";
import { Answer } from "@/shared/states";
import { undoNotice } from "@/shared/toast";
import { DAYS } from "../scheduling/week";
import { AboutYou } from "./AboutYou";
import { AccountPicture } from "./AccountPicture";
import { EmailChange } from "./EmailChange";
import { meQuery } from "./queries";

export function ProfileSettings() {
  const me = useQuery(meQuery);
  return <Answer query={me}>{(user) => <Profile user={user} />}</Answer>;
}

function Profile({ user }: { user: User }) {
  const t = useT();
  const client = useQueryClient();
  const [name, setName] = useState(user.name);
  const [hours, setHours] = useState({ start: user.work_hours_start, end: user.work_hours_end });
  const save = useChange<Edit<UserChanges>, User>({
    run: ({ changes }) =>
      take(
        api.PATCH("/api/v1/me", {
          params: { header: ifMatch(client.getQueryData(meQuery.queryKey) ?? user) },
          body: changes,
        }),
      ),
    show: ({ changes }) => patchCached(client, keys.me, user.id, (u: User) => ({ ...u, ...changes })),
    stale: [keys.me],
    queue: "user",
    refused: () => {
      setName(user.name);
      setHours({ start: user.work_hours_start, end: user.work_hours_end });
      return false;
    },
    done: (saved, { before }) => {
      client.setQueryData(meQuery.queryKey, saved);
      client.setQueryData(sessionQuery.queryKey, (session) => session && { ...session, user: saved });
      setName(saved.name);
      setHours({ start: saved.work_hours_start, end: saved.work_hours_end });
      if (before) undoNotice(t.common.saved, t, () => save.mutate({ changes: before }));
    },
  });
  const saveHours = () => {
    const { start, end } = hours;
    if (start === user.work_hours_start && end === user.work_hours_end) return;
    if (start && end && start < end)
      save.mutate(editOf<UserChanges>(user, { work_hours_start: start, work_hours_end: end }));
  };
  const hoursWrong = hours.start !== "" && hours.end !== "" && hours.start >= hours.end;

  return (
    <>
      <Section title={t.settings.profile} description={t.settings.savedAtOnce}>
        <Stack maw={440}>
          <AccountPicture user={user} />
          <TextInput
            label={t.auth.name}
            autoComplete="name"
            maxLength={120}
            value={name}
            error={name.trim() ? null : t.forms.required}
            onChange={(e) => setName(e.currentTarget.value)}
            onBlur={() => {
              const next = name.trim();
              if (next && next !== user.name) save.mutate(editOf<UserChanges>(user, { name: next }));
            }}
            onKeyDown={(e) => e.key === "Enter" && e.currentTarget.blur()}
          />
          <EmailChange user={user} />
          <Select
            label={t.profile.language}
            allowDeselect={false}
            data={LOCALES.map((value) => ({ value, label: LOCALE_NAMES[value] }))}
            value={nearestLocale([user.locale])}
            onChange={(locale) => locale && save.mutate(editOf<UserChanges>(user, { locale }))}
          />
          <ZoneSelect
            label={t.settings.timezone}
            value={user.timezone}
            onChange={(timezone) =>
              timezone && timezone !== user.timezone && save.mutate(editOf<UserChanges>(user, { timezone }))
            }
          />
        </Stack>
      </Section>
      <AboutYou user={user} save={(profile) => save.mutate(editOf<UserChanges>(user, { profile }))} />
      <Section title={t.settings.workTime} description={t.settings.workTimeText}>
        <Stack>
          <Input.Wrapper label={t.settings.workDays} labelElement="div">
            <Chip.Group
              multiple
              value={user.work_days}
              onChange={(days) =>
                save.mutate(
                  editOf<UserChanges>(user, { work_days: DAYS.filter((day) => days.includes(day)) }),
                )
              }
            >
              <Group gap={6} mt={4} role="group" aria-label={t.settings.workDays}>
                {DAYS.map((day) => (
                  <Chip key={day} value={day} size="sm" variant="outline">
                    {t.days.short[day]}
                  </Chip>
                ))}
              </Group>
            </Chip.Group>
          </Input.Wrapper>
          <Group align="flex-start">
            <TimeInput
              label={t.settings.from}
              value={hours.start}
              onChange={(e) => setHours({ ...hours, start: e.currentTarget.value })}
              onBlur={saveHours}
              w={130}
            />
            <TimeInput
              label={t.settings.to}
              value={hours.end}
              error={hoursWrong ? t.availability.faults.order : null}
              onChange={(e) => setHours({ ...hours, end: e.currentTarget.value })}
              onBlur={saveHours}
              w={130}
            />
          </Group>
        </Stack>
      </Section>
    </>
  );
}
