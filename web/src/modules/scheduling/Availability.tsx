/** When one can be booked: weekly windows and dates that differ. A draft survives a reload until saved or discarded. */
import {
  Alert,
  Button,
  Menu,
  Modal,
  Select,
  SimpleGrid,
  Stack,
  Switch,
  Text,
  TextInput,
  Title,
} from "@mantine/core";
import { IconClockPlus, IconPlus, IconStar, IconTrash } from "@tabler/icons-react";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { getRouteApi, useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { keys } from "@/api/cache";
import { api, ifMatch, take } from "@/api/client";
import type { Schedule, ScheduleInput } from "@/api/types";
import { useFormats, useMay } from "@/app/session";
import { useT } from "@/i18n";
import { ZoneSelect } from "@/shared/bits";
import { useChange } from "@/shared/change";
import { useDraft } from "@/shared/draft";
import { Page, Section } from "@/shared/Page";
import { Answer, EmptyState } from "@/shared/states";
import table from "@/shared/table.module.css";
import { dateIn } from "@/shared/time";
import { undoNotice } from "@/shared/toast";
import { NoPage } from "./NoPage";
import { OverridesEditor } from "./OverridesEditor";
import { organizerQuery, schedulesQuery } from "./queries";
import { TimeOff } from "./TimeOff";
import { WeekEditor } from "./WeekEditor";
import {
  draftOf,
  hasFaults,
  inputOf,
  isWeekA,
  officeHours,
  openMinutes,
  rulesOf,
  type ScheduleDraft,
  sameDraft,
} from "./week";

const route = getRouteApi("/app/availability");

export function Availability() {
  const t = useT();
  const f = useFormats();
  const may = useMay();
  const navigate = useNavigate({ from: "/availability" });
  const { schedule: wanted } = route.useSearch();
  const query = useQuery(schedulesQuery);
  const organizer = useQuery({ ...organizerQuery, enabled: may("organizers:read") });
  const items = query.data?.items ?? [];
  const current = items.find((s) => s.id === wanted) ?? items.find((s) => s.is_default) ?? items[0];
  const [naming, setNaming] = useState(false);
  const create = useChange<string, Schedule>({
    run: (name) =>
      take(
        api.POST("/api/v1/schedules", {
          body: { name, timezone: f.zone, rules: rulesOf(officeHours()), overrides: [] },
        }),
      ),
    stale: [keys.schedules, keys.home],
    done: (made) => {
      setNaming(false);
      void navigate({ search: { schedule: made.id } });
    },
  });
  const writable = may("schedules:write");
  const add =
    writable && organizer.data ? (
      <Button
        variant="default"
        leftSection={<IconPlus size={16} aria-hidden />}
        onClick={() => setNaming(true)}
      >
        {t.availability.create}
      </Button>
    ) : null;

  return (
    <Page
      title={t.nav.availability}
      description={t.availability.text}
      action={items.length > 0 ? add : null}
      narrow
    >
      <Answer query={query}>
        {() =>
          current ? (
            <>
              {items.length > 1 ? (
                <div className={table.toolbar}>
                  <Select
                    aria-label={t.availability.schedule}
                    allowDeselect={false}
                    data={items.map((s) => ({
                      value: s.id,
                      label: s.is_default ? t.availability.isDefault(s.name) : s.name,
                    }))}
                    value={current.id}
                    onChange={(id) => id && void navigate({ search: { schedule: id } })}
                  />
                </div>
              ) : null}
              <Editor
                key={current.id}
                schedule={current}
                readOnly={!may("schedules:write", current.organizer_id)}
                only={items.length === 1}
              />
              {organizer.data ? (
                <TimeOff
                  organizer={organizer.data}
                  readOnly={!may("schedules:write", organizer.data.user_id)}
                />
              ) : null}
            </>
          ) : organizer.data === null ? (
            <NoPage icon={IconClockPlus} />
          ) : (
            <EmptyState
              icon={IconClockPlus}
              title={t.availability.noneTitle}
              action={
                writable ? (
                  <Button
                    loading={create.isPending}
                    onClick={() => create.mutate(t.availability.workingHours)}
                  >
                    {t.availability.first}
                  </Button>
                ) : null
              }
            >
              {writable ? t.availability.noneText : t.roleLacks.hours}
            </EmptyState>
          )
        }
      </Answer>
      <Modal
        opened={naming}
        onClose={() => setNaming(false)}
        title={t.availability.create}
        closeButtonProps={{ "aria-label": t.common.close }}
      >
        <form
          onSubmit={(event) => {
            event.preventDefault();
            const name = String(new FormData(event.currentTarget).get("name")).trim();
            if (name) create.mutate(name);
          }}
        >
          <Stack>
            <TextInput name="name" label={t.availability.name} required maxLength={100} data-autofocus />
            <Button type="submit" loading={create.isPending}>
              {t.common.create}
            </Button>
          </Stack>
        </form>
      </Modal>
    </Page>
  );
}

function Editor({ schedule, readOnly, only }: { schedule: Schedule; readOnly: boolean; only: boolean }) {
  const t = useT();
  const f = useFormats();
  const client = useQueryClient();
  const navigate = useNavigate({ from: "/availability" });
  const [draft, setDraft] = useDraft<ScheduleDraft>(`schedule.${schedule.id}`);
  const saved = draftOf(schedule);
  const value = draft?.value ?? saved;
  const dirty = !sameDraft(value, saved);
  const outdated = dirty && draft !== null && draft.base !== schedule.version;
  const faulty = hasFaults(value);
  const change = (next: ScheduleDraft) =>
    setDraft(sameDraft(next, saved) ? null : { base: draft?.base ?? schedule.version, value: next });

  const save = useChange<{ input: ScheduleInput; version: number; undoing?: boolean }, Schedule>({
    run: ({ input, version }) =>
      take(
        api.PUT("/api/v1/schedules/{id}", {
          params: { path: { id: schedule.id }, header: ifMatch({ version }) },
          body: input,
        }),
      ),
    stale: [keys.schedules, keys.slots, keys.home],
    done: (stored, { undoing }) => {
      client.setQueryData(schedulesQuery.queryKey, (list) =>
        list ? { ...list, items: list.items.map((s) => (s.id === stored.id ? stored : s)) } : list,
      );
      setDraft(null);
      if (!undoing) {
        undoNotice(t.common.saved, t, () =>
          save.mutate({ input: inputOf(saved), version: stored.version, undoing: true }),
        );
      }
    },
  });
  const remove = useChange<void>({
    run: () =>
      take(
        api.DELETE("/api/v1/schedules/{id}", {
          params: { path: { id: schedule.id }, header: ifMatch(schedule) },
        }),
      ),
    stale: [keys.schedules, keys.eventTypes],
    done: () => {
      setDraft(null);
      const input = inputOf(saved);
      undoNotice(t.availability.deleted(schedule.name), t, () => again.mutate(input));
      void navigate({ search: {} });
    },
  });
  const again = useChange<ScheduleInput, Schedule>({
    run: (input) => take(api.POST("/api/v1/schedules", { body: input })),
    stale: [keys.schedules],
    done: (made) => void navigate({ search: { schedule: made.id } }),
  });
  const other = value.other ?? null;
  const open = other ? (openMinutes(value.week) + openMinutes(other)) / 2 : openMinutes(value.week);
  const hours = new Intl.NumberFormat(f.locale, { maximumFractionDigits: 1 }).format(open / 60);
  const isA = isWeekA(dateIn(new Date(), value.timezone));
  const weekA = t.availability.weekName("A", isA);
  const weekB = t.availability.weekName("B", !isA);
  return (
    <>
      {outdated ? (
        <Alert color="yellow" variant="outline" mb="md" role="alert">
          {t.availability.outdated}
        </Alert>
      ) : null}
      <Section
        title={t.availability.weekly}
        description={t.availability.hoursOpen(hours)}
        action={
          !readOnly && !schedule.is_default && !only ? (
            <Menu position="bottom-end">
              <Menu.Target>
                <Button variant="default" size="compact-md">
                  {t.common.actions}
                </Button>
              </Menu.Target>
              <Menu.Dropdown>
                <Menu.Item
                  leftSection={<IconStar size={16} aria-hidden />}
                  disabled={dirty}
                  onClick={() =>
                    save.mutate({ input: { ...inputOf(saved), is_default: true }, version: schedule.version })
                  }
                >
                  {t.availability.makeDefault}
                </Menu.Item>
                <Menu.Item leftSection={<IconTrash size={16} aria-hidden />} onClick={() => remove.mutate()}>
                  {t.availability.delete}
                </Menu.Item>
              </Menu.Dropdown>
            </Menu>
          ) : null
        }
      >
        <Stack>
          <SimpleGrid cols={{ base: 1, xs: 2 }}>
            <TextInput
              label={t.availability.name}
              maxLength={100}
              readOnly={readOnly}
              value={value.name}
              error={value.name.trim() ? null : t.forms.required}
              onChange={(e) => change({ ...value, name: e.currentTarget.value })}
            />
            <ZoneSelect
              label={t.settings.timezone}
              readOnly={readOnly}
              value={value.timezone}
              onChange={(timezone) => timezone && change({ ...value, timezone })}
            />
          </SimpleGrid>
          <Switch
            label={t.availability.alternate}
            description={t.availability.alternateText}
            disabled={readOnly}
            checked={other !== null}
            onChange={(e) =>
              change({ ...value, other: e.currentTarget.checked ? structuredClone(value.week) : null })
            }
          />
          {other ? (
            <Title order={3} size="h5">
              {weekA}
            </Title>
          ) : null}
          <WeekEditor
            week={value.week}
            before={other ?? value.week}
            {...(other ? { label: weekA } : {})}
            readOnly={readOnly}
            onChange={(week) => change({ ...value, week })}
          />
          {other ? (
            <>
              <Title order={3} size="h5">
                {weekB}
              </Title>
              <WeekEditor
                week={other}
                before={value.week}
                label={weekB}
                readOnly={readOnly}
                onChange={(week) => change({ ...value, other: week })}
              />
            </>
          ) : null}
        </Stack>
      </Section>
      <Section title={t.availability.overrides} description={t.availability.overridesText}>
        <OverridesEditor
          overrides={value.overrides}
          zone={value.timezone}
          readOnly={readOnly}
          onChange={(overrides) => change({ ...value, overrides })}
        />
      </Section>
      {dirty ? (
        <section className={table.bulk} aria-label={t.availability.unsaved}>
          <Text>{faulty ? t.availability.mend : t.availability.unsaved}</Text>
          <Button variant="default" onClick={() => setDraft(null)}>
            {t.common.discard}
          </Button>
          <Button
            disabled={faulty}
            loading={save.isPending}
            onClick={() => save.mutate({ input: inputOf(value), version: schedule.version })}
          >
            {t.common.save}
          </Button>
        </section>
      ) : null}
    </>
  );
}
