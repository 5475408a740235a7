/** Blocks time, or says that one is out of office and who stands in. */
import { Button, Group, SegmentedControl, Select, SimpleGrid, Stack, Text, TextInput } from "@mantine/core";
import { DateInput } from "@mantine/dates";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { keys } from "@/api/cache";
import { api, ifMatch, take } from "@/api/client";
import { fieldErrors } from "@/api/problem";
import type { BlockedTime, BlockedTimeInput, Organizer } from "@/api/types";
import { useFormats, useMay } from "@/app/session";
import { useT } from "@/i18n";
import { useChange } from "@/shared/change";
import { TimeField } from "@/shared/TimeField";
import { dateIn } from "@/shared/time";
import { organizersQuery } from "./queries";
import { type TimeOffDraft, timeOffDraft, timeOffInput } from "./timeOff";

const KINDS = ["block", "away"] as const;
const REPEATS = ["never", "daily", "weekly", "monthly"] as const;

interface TimeOffFormProps {
  blocked: BlockedTime | null;
  organizer: Organizer;
  onSaved: (blocked: BlockedTime) => void;
}

export function TimeOffForm({ blocked, organizer, onSaved }: TimeOffFormProps) {
  const t = useT();
  const f = useFormats();
  const may = useMay();
  const zone = blocked?.timezone ?? organizer.timezone;
  const today = dateIn(new Date(), zone);
  const [draft, setDraft] = useState<TimeOffDraft>(() => timeOffDraft(blocked, today));
  const [errors, setErrors] = useState<Record<string, string>>({});
  const set = (changes: Partial<TimeOffDraft>) => setDraft({ ...draft, ...changes });
  const known = useQuery({ ...organizersQuery, enabled: may("organizers:read") && draft.kind === "away" });
  const others = (known.data?.items ?? []).filter((one) => one.user_id !== organizer.user_id);
  const save = useChange<BlockedTimeInput, BlockedTime>({
    run: (body) =>
      blocked
        ? take(
            api.PUT("/api/v1/blocked-times/{id}", {
              params: { path: { id: blocked.id }, header: ifMatch(blocked) },
              body,
            }),
          )
        : take(api.POST("/api/v1/blocked-times", { body })),
    stale: [keys.blockedTimes, keys.slots, keys.home],
    done: onSaved,
    refused: (problem) => {
      const fields = fieldErrors(problem, t);
      setErrors(fields);
      return Object.keys(fields).length > 0;
    },
  });
  const recurs = draft.repeats !== "never";
  const away = draft.kind === "away";
  const faults: Record<string, string> = {
    from: t.forms.required,
    to: t.timeOff.lastFirst,
    start: t.availability.faults.time,
    end: t.availability.faults.order,
  };
  return (
    <form
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        const input = timeOffInput(draft, zone);
        if (typeof input === "string") return setErrors({ [input]: faults[input] ?? "" });
        setErrors({});
        save.mutate(input);
      }}
    >
      <Stack>
        <SegmentedControl
          aria-label={t.timeOff.kind}
          value={draft.kind}
          data={KINDS.map((value) => ({ value, label: t.timeOff.kinds[value] }))}
          onChange={(kind) => set({ kind: kind as TimeOffDraft["kind"] })}
        />
        <SimpleGrid cols={{ base: 1, xs: 2 }}>
          <DateInput
            label={away ? t.timeOff.firstDay : recurs ? t.timeOff.firstTime : t.timeOff.fromDay}
            value={draft.from}
            error={errors.from}
            onChange={(from) => set({ from, ...(from && draft.to && draft.to < from ? { to: from } : {}) })}
          />
          {away || !recurs ? (
            <DateInput
              label={away ? t.timeOff.lastDay : t.timeOff.toDay}
              minDate={draft.from ?? undefined}
              value={draft.to}
              error={errors.to}
              onChange={(to) => set({ to })}
            />
          ) : (
            <DateInput
              label={t.timeOff.until}
              description={t.timeOff.untilText}
              inputWrapperOrder={["label", "input", "description", "error"]}
              clearable
              clearButtonProps={{ "aria-label": t.common.clear }}
              minDate={draft.from ?? undefined}
              value={draft.until}
              error={errors.until}
              onChange={(until) => set({ until })}
            />
          )}
        </SimpleGrid>
        {away ? null : (
          <>
            <div>
              <Group gap={6} wrap="nowrap">
                <TimeField
                  label={t.settings.from}
                  value={draft.start}
                  faulty={Boolean(errors.start)}
                  onChange={(start) => set({ start })}
                />
                <span aria-hidden>–</span>
                <TimeField
                  label={t.settings.to}
                  value={draft.end}
                  endOfDay
                  faulty={Boolean(errors.end)}
                  onChange={(end) => set({ end })}
                />
              </Group>
              {errors.start || errors.end ? (
                <Text size="sm" c="error" role="alert">
                  {errors.start ?? errors.end}
                </Text>
              ) : null}
            </div>
            <Select
              label={t.timeOff.again}
              allowDeselect={false}
              data={REPEATS.map((value) => ({ value, label: t.timeOff.repeats[value] }))}
              value={draft.repeats}
              error={errors.repeats}
              onChange={(repeats) => repeats && set({ repeats: repeats as TimeOffDraft["repeats"] })}
            />
          </>
        )}
        {away ? (
          <Select
            label={t.timeOff.standIn}
            description={t.timeOff.standInText}
            inputWrapperOrder={["label", "input", "description", "error"]}
            placeholder={t.timeOff.nobody}
            clearable
            clearButtonProps={{ "aria-label": t.common.clear }}
            searchable
            data={others.map((one) => ({ value: one.user_id, label: one.display_name }))}
            value={draft.standIn}
            error={errors.stand_in_id}
            onChange={(standIn) => set({ standIn })}
          />
        ) : null}
        <TextInput
          label={t.timeOff.label}
          description={t.timeOff.labelText}
          inputWrapperOrder={["label", "input", "description", "error"]}
          maxLength={200}
          value={draft.label}
          error={errors.label}
          onChange={(event) => set({ label: event.currentTarget.value })}
        />
        {zone === f.zone ? null : (
          <Text size="sm" c="dimmed">
            {t.timeOff.inZone(zone)}
          </Text>
        )}
        <Group justify="flex-end">
          <Button type="submit" loading={save.isPending}>
            {blocked ? t.common.save : t.timeOff.add}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
