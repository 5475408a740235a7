/** One event type, edited in place: each field is saved when it is left. */
import { Button, Group, Menu, Select, SimpleGrid, Stack, Switch } from "@mantine/core";
import { IconArchive, IconCopyPlus, IconDots, IconExternalLink, IconRestore } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { getRouteApi, useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { fieldErrors } from "@/api/problem";
import type { EventType, EventTypeChanges } from "@/api/types";
import { useMay } from "@/app/session";
import { useT } from "@/i18n";
import { CopyButton } from "@/shared/bits";
import { editOf } from "@/shared/change";
import { Page, Section } from "@/shared/Page";
import { slugFault } from "@/shared/slug";
import { Answer } from "@/shared/states";
import { ColorField } from "./ColorField";
import {
  useArchiveEventType,
  useCopyEventType,
  useEditEventType,
  useRestoreEventType,
} from "./eventTypeChanges";
import { HorizonFields } from "./HorizonFields";
import { LimitsEditor } from "./LimitsEditor";
import { LOCATION_TYPES } from "./locations";
import { OrganizersEditor } from "./OrganizersEditor";
import { QuestionsEditor } from "./QuestionsEditor";
import { eventTypeQuery, schedulesQuery } from "./queries";
import { RemindersField } from "./RemindersField";
import { SavedNumber, SavedText } from "./SavedFields";

const route = getRouteApi("/app/event-types/$id");

const START_GRIDS = ["window", "after_busy"] as const;

export function EventTypePage() {
  const t = useT();
  const { id } = route.useParams();
  const query = useQuery(eventTypeQuery(id));
  if (!query.data) {
    return (
      <Page title={t.eventTypes.one} back="/event-types" narrow>
        <Answer query={query}>{() => null}</Answer>
      </Page>
    );
  }
  return <Editor eventType={query.data} />;
}

function Editor({ eventType }: { eventType: EventType }) {
  const t = useT();
  const may = useMay();
  const navigate = useNavigate();
  const schedules = useQuery({ ...schedulesQuery, enabled: may("schedules:read") });
  const [errors, setErrors] = useState<Record<string, string>>({});
  const copy = useCopyEventType((made) => void navigate({ to: "/event-types/$id", params: { id: made.id } }));
  const archive = useArchiveEventType();
  const restore = useRestoreEventType();
  const readOnly = !may("event_types:write", eventType.owner_id);
  const edit = useEditEventType(eventType, (problem) => {
    const named =
      problem.code === "slug_taken" ? { slug: t.problems.codes.slug_taken } : fieldErrors(problem, t);
    setErrors(named);
    return Object.keys(named).length > 0;
  });
  const save = (changes: EventTypeChanges) => {
    setErrors({});
    edit.mutate(editOf(eventType, changes));
  };
  const text = (
    name: "name" | "slug" | "description" | "location_details",
    check?: (value: string) => string | null,
  ) => ({
    name,
    value: eventType[name] ?? "",
    error: errors[name],
    readOnly,
    check,
    onSave: (value: string) => save({ [name]: name === "name" || name === "slug" ? value : value || null }),
  });
  const number = (
    name:
      | "duration_minutes"
      | "minimum_notice_minutes"
      | "horizon_days"
      | "buffer_before_minutes"
      | "buffer_after_minutes"
      | "minimum_gap_minutes"
      | "slot_interval_minutes"
      | "daily_limit"
      | "max_attendees",
  ) => ({
    value: eventType[name],
    error: errors[name],
    readOnly,
    onSave: (value: number | null) => save({ [name]: value }),
  });
  const archived = !eventType.is_active;

  return (
    <Page
      title={eventType.name}
      back="/event-types"
      narrow
      description={archived ? t.eventTypes.isArchived : t.settings.savedAtOnce}
      action={
        <Group gap="xs" wrap="nowrap">
          {archived ? null : <CopyButton value={eventType.public_url} label={t.eventTypes.copyLink} />}
          {archived && !readOnly ? (
            <Button
              leftSection={<IconRestore size={16} aria-hidden />}
              onClick={() => restore.mutate(eventType.id)}
            >
              {t.eventTypes.restore}
            </Button>
          ) : null}
          <Menu position="bottom-end">
            <Menu.Target>
              <Button variant="default" px={8} aria-label={t.common.actionsFor(eventType.name)}>
                <IconDots size={18} aria-hidden />
              </Button>
            </Menu.Target>
            <Menu.Dropdown>
              <Menu.Item
                component="a"
                href={eventType.public_url}
                target="_blank"
                rel="noreferrer"
                leftSection={<IconExternalLink size={16} aria-hidden />}
              >
                {t.eventTypes.preview}
              </Menu.Item>
              {readOnly ? null : (
                <>
                  <Menu.Item
                    leftSection={<IconCopyPlus size={16} aria-hidden />}
                    onClick={() => copy.mutate(eventType)}
                  >
                    {t.eventTypes.duplicate}
                  </Menu.Item>
                  {archived ? null : (
                    <Menu.Item
                      leftSection={<IconArchive size={16} aria-hidden />}
                      onClick={() => {
                        archive.mutate(eventType);
                        void navigate({ to: "/event-types" });
                      }}
                    >
                      {t.eventTypes.archiveOne}
                    </Menu.Item>
                  )}
                </>
              )}
            </Menu.Dropdown>
          </Menu>
        </Group>
      }
    >
      <Section title={t.eventTypes.parts.what}>
        <Stack>
          <SavedText
            label={t.eventTypes.fields.name}
            maxLength={120}
            {...text("name", (v) => (v ? null : t.forms.required))}
          />
          <SavedText
            label={t.eventTypes.fields.slug}
            description={eventType.public_url}
            maxLength={60}
            {...text("slug", (v) => {
              const fault = slugFault(v, 1);
              return fault ? t.forms.slug[fault] : null;
            })}
          />
          <SavedText
            label={t.eventTypes.fields.description}
            multiline
            maxLength={2000}
            {...text("description")}
          />
          <SimpleGrid cols={{ base: 1, xs: 2 }}>
            <SavedNumber
              label={t.eventTypes.fields.duration}
              suffix=" min"
              min={5}
              max={1440}
              {...number("duration_minutes")}
            />
            <ColorField
              label={t.eventTypes.fields.color}
              value={eventType.color}
              readOnly={readOnly}
              onSave={(color) => save({ color })}
            />
          </SimpleGrid>
        </Stack>
      </Section>

      <Section title={t.eventTypes.parts.where}>
        <Stack>
          <Select
            label={t.eventTypes.fields.location}
            readOnly={readOnly}
            allowDeselect={false}
            data={LOCATION_TYPES.map((value) => ({ value, label: t.eventTypes.locations[value] }))}
            value={eventType.location_type}
            onChange={(value) => value && save({ location_type: value as EventType["location_type"] })}
          />
          {eventType.location_type === "ask" ? null : (
            <SavedText
              label={t.eventTypes.fields.locationDetails}
              description={t.eventTypes.locationHints[eventType.location_type]}
              maxLength={500}
              {...text("location_details")}
            />
          )}
        </Stack>
      </Section>

      <Section title={t.eventTypes.parts.organizers}>
        <OrganizersEditor eventType={eventType} errors={errors} readOnly={readOnly} onSave={save} />
      </Section>

      <Section title={t.questions.title} description={t.questions.text}>
        <QuestionsEditor eventType={eventType} errors={errors} readOnly={readOnly} onSave={save} />
      </Section>

      <Section title={t.eventTypes.parts.when}>
        <Stack>
          <Select
            label={t.eventTypes.fields.schedule}
            readOnly={readOnly}
            allowDeselect={false}
            data={[
              { value: "", label: t.eventTypes.defaultSchedule },
              ...(schedules.data?.items ?? [])
                .filter((s) => s.organizer_id === eventType.owner_id)
                .map((s) => ({ value: s.id, label: s.name })),
            ]}
            value={eventType.schedule_id ?? ""}
            onChange={(value) => save({ schedule_id: value || null })}
          />
          <HorizonFields eventType={eventType} errors={errors} readOnly={readOnly} onSave={save} />
          <SimpleGrid cols={{ base: 1, xs: 2 }}>
            <SavedNumber
              label={t.eventTypes.fields.notice}
              description={t.eventTypes.hints.notice}
              suffix=" min"
              min={0}
              max={525_600}
              step={30}
              {...number("minimum_notice_minutes")}
            />
            <SavedNumber
              label={t.eventTypes.fields.bufferBefore}
              description={t.eventTypes.hints.inherit}
              suffix=" min"
              min={0}
              max={480}
              step={5}
              nullable
              {...number("buffer_before_minutes")}
            />
            <SavedNumber
              label={t.eventTypes.fields.bufferAfter}
              description={t.eventTypes.hints.inherit}
              suffix=" min"
              min={0}
              max={480}
              step={5}
              nullable
              {...number("buffer_after_minutes")}
            />
            <SavedNumber
              label={t.eventTypes.fields.gap}
              description={t.eventTypes.hints.inherit}
              suffix=" min"
              min={0}
              max={480}
              step={5}
              nullable
              {...number("minimum_gap_minutes")}
            />
            <SavedNumber
              label={t.eventTypes.fields.interval}
              description={t.eventTypes.hints.inherit}
              suffix=" min"
              min={5}
              max={480}
              step={5}
              nullable
              {...number("slot_interval_minutes")}
            />
          </SimpleGrid>
          <Select
            label={t.eventTypes.fields.grid}
            description={t.eventTypes.gridHints[eventType.start_grid]}
            inputWrapperOrder={["label", "input", "description", "error"]}
            readOnly={readOnly}
            allowDeselect={false}
            data={START_GRIDS.map((value) => ({ value, label: t.eventTypes.grids[value] }))}
            value={eventType.start_grid}
            onChange={(value) => value && save({ start_grid: value as EventType["start_grid"] })}
          />
          <Switch
            label={t.eventTypes.fields.aligned}
            description={t.eventTypes.hints.aligned}
            disabled={readOnly}
            checked={eventType.is_aligned}
            onChange={(e) => save({ is_aligned: e.currentTarget.checked })}
          />
        </Stack>
      </Section>

      <Section title={t.eventTypes.parts.howMuch}>
        <Stack>
          <SavedNumber
            label={t.eventTypes.fields.dailyLimit}
            description={t.eventTypes.hints.noLimit}
            min={1}
            max={500}
            nullable
            {...number("daily_limit")}
          />
          <LimitsEditor
            limits={eventType.limits}
            errors={errors}
            readOnly={readOnly}
            onSave={(limits) => save({ limits })}
          />
        </Stack>
      </Section>

      <Section title={t.eventTypes.parts.who}>
        <Stack>
          <RemindersField
            minutes={eventType.reminder_minutes}
            error={errors.reminder_minutes}
            readOnly={readOnly}
            onSave={(reminder_minutes) => save({ reminder_minutes })}
          />
          <Switch
            label={t.eventTypes.fields.confirmation}
            description={t.eventTypes.hints.confirmation}
            disabled={readOnly}
            checked={eventType.requires_confirmation}
            onChange={(e) => save({ requires_confirmation: e.currentTarget.checked })}
          />
          <Switch
            label={t.eventTypes.fields.private}
            description={t.eventTypes.hints.private}
            disabled={readOnly}
            checked={eventType.is_private}
            onChange={(e) => save({ is_private: e.currentTarget.checked })}
          />
          <SavedNumber
            label={t.eventTypes.fields.maxAttendees}
            description={t.eventTypes.hints.maxAttendees}
            min={1}
            max={500}
            {...number("max_attendees")}
          />
        </Stack>
      </Section>
    </Page>
  );
}
