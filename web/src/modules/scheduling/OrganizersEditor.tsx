/** Who holds the bookings of an event type, and how they share them; each change is saved at once. */
import { ActionIcon, Select, SimpleGrid, Stack } from "@mantine/core";
import { IconTrash } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import type { EventType, EventTypeChanges } from "@/api/types";
import { useMay } from "@/app/session";
import { useT } from "@/i18n";
import classes from "./limits.module.css";
import { organizersQuery, schedulesQuery } from "./queries";
import { SavedNumber } from "./SavedFields";

const MODES = ["one", "round_robin", "collective", "some"] as const;
const ASSIGNMENTS = ["fair", "priority"] as const;

interface OrganizersEditorProps {
  eventType: EventType;
  errors: Record<string, string>;
  readOnly: boolean;
  onSave: (changes: EventTypeChanges) => void;
}

export function OrganizersEditor({ eventType, errors, readOnly, onSave }: OrganizersEditorProps) {
  const t = useT();
  const may = useMay();
  const words = t.eventTypes.organizers;
  const known = useQuery({ ...organizersQuery, enabled: may("organizers:read") });
  const schedules = useQuery({ ...schedulesQuery, enabled: may("schedules:read") });
  const { mode, assignment, organizers } = eventType;
  const takeTurns = mode === "round_robin" || mode === "some";
  const set = (index: number, change: { weight?: number; priority?: number; schedule_id?: string | null }) =>
    onSave({ organizers: organizers.map((one, at) => (at === index ? { ...one, ...change } : one)) });
  const setMode = (next: EventType["mode"]) =>
    onSave({
      mode: next,
      ...(next === "one" ? { organizers: organizers.slice(0, 1) } : {}),
      ...(next === "some" && eventType.organizers_needed > organizers.length ? { organizers_needed: 1 } : {}),
    });
  const others = (known.data?.items ?? []).filter((one) =>
    organizers.every((o) => o.user_id !== one.user_id),
  );
  const pick = (id: string) => {
    const name = others.find((one) => one.user_id === id)?.display_name ?? "";
    const added = { user_id: id, name, weight: 1, priority: 1, schedule_id: null };
    onSave({ organizers: mode === "one" ? [added] : [...organizers, added] });
  };
  return (
    <Stack>
      <Select
        label={words.mode}
        description={words.modeHints[mode]}
        inputWrapperOrder={["label", "input", "description", "error"]}
        readOnly={readOnly}
        allowDeselect={false}
        data={MODES.map((value) => ({ value, label: words.modes[value] }))}
        value={mode}
        onChange={(value) => value && setMode(value as EventType["mode"])}
      />
      {takeTurns ? (
        <SimpleGrid cols={{ base: 1, xs: 2 }}>
          <Select
            label={words.assignment}
            readOnly={readOnly}
            allowDeselect={false}
            data={ASSIGNMENTS.map((value) => ({ value, label: words.assignments[value] }))}
            value={assignment}
            onChange={(value) => value && onSave({ assignment: value as EventType["assignment"] })}
          />
          {mode === "some" ? (
            <SavedNumber
              label={words.needed}
              min={1}
              max={organizers.length}
              value={eventType.organizers_needed}
              error={errors.organizers_needed}
              readOnly={readOnly}
              onSave={(needed) => needed && onSave({ organizers_needed: needed })}
            />
          ) : null}
        </SimpleGrid>
      ) : null}
      {organizers.map((one, index) => (
        <fieldset className={classes.organizer} key={one.user_id}>
          <legend className={classes.legend}>{one.name}</legend>
          <span className={classes.person}>{one.name}</span>
          <Select
            label={words.hours}
            readOnly={readOnly}
            allowDeselect={false}
            data={[
              { value: "", label: words.usualHours },
              ...(schedules.data?.items ?? [])
                .filter((schedule) => schedule.organizer_id === one.user_id)
                .map((schedule) => ({ value: schedule.id, label: schedule.name })),
              // Those of somebody whose hours one may not read keep their place.
              ...(one.schedule_id &&
              !schedules.data?.items.some((schedule) => schedule.id === one.schedule_id)
                ? [{ value: one.schedule_id, label: words.otherHours }]
                : []),
            ]}
            value={one.schedule_id ?? ""}
            error={errors[`organizers.${index}.schedule_id`]}
            onChange={(value) => set(index, { schedule_id: value || null })}
          />
          {takeTurns ? (
            <SavedNumber
              label={assignment === "fair" ? words.weight : words.priority}
              min={1}
              max={100}
              value={assignment === "fair" ? one.weight : one.priority}
              error={errors[`organizers.${index}.weight`] ?? errors[`organizers.${index}.priority`]}
              readOnly={readOnly}
              onSave={(value) =>
                value && set(index, assignment === "fair" ? { weight: value } : { priority: value })
              }
            />
          ) : null}
          {readOnly || organizers.length === 1 ? null : (
            <ActionIcon
              className={classes.drop}
              aria-label={words.remove(one.name)}
              onClick={() => onSave({ organizers: organizers.filter((_, at) => at !== index) })}
            >
              <IconTrash size={18} />
            </ActionIcon>
          )}
        </fieldset>
      ))}
      {readOnly || others.length === 0 ? null : (
        <Select
          label={mode === "one" ? words.choose : words.add}
          placeholder={words.pick}
          searchable
          data={others.map((one) => ({ value: one.user_id, label: one.display_name }))}
          value={null}
          error={errors.organizers}
          onChange={(value) => value && pick(value)}
        />
      )}
    </Stack>
  );
}
