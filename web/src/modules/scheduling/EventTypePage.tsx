/** One event type, edited in place: each field is saved when it is left. */
import {
  Button,
  Group,
  Menu,
  NumberInput,
  Select,
  SimpleGrid,
  Stack,
  Switch,
  Textarea,
  TextInput,
} from "@mantine/core";
import { IconArchive, IconCopyPlus, IconDots, IconExternalLink, IconRestore } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { getRouteApi, useNavigate } from "@tanstack/react-router";
import { type ReactNode, useEffect, useState } from "react";
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
import { LOCATION_TYPES } from "./locations";
import { eventTypeQuery, schedulesQuery } from "./queries";

const route = getRouteApi("/app/event-types/$id");

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

      <Section title={t.eventTypes.parts.when}>
        <Stack>
          <Select
            label={t.eventTypes.fields.schedule}
            readOnly={readOnly}
            allowDeselect={false}
            data={[
              { value: "", label: t.eventTypes.defaultSchedule },
              ...(schedules.data?.items ?? []).map((s) => ({ value: s.id, label: s.name })),
            ]}
            value={eventType.schedule_id ?? ""}
            onChange={(value) => save({ schedule_id: value || null })}
          />
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
              label={t.eventTypes.fields.horizon}
              description={t.eventTypes.hints.horizon}
              suffix={` ${t.eventTypes.days}`}
              min={1}
              max={730}
              {...number("horizon_days")}
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
              label={t.eventTypes.fields.interval}
              description={t.eventTypes.hints.inherit}
              suffix=" min"
              min={5}
              max={480}
              step={5}
              nullable
              {...number("slot_interval_minutes")}
            />
            <SavedNumber
              label={t.eventTypes.fields.dailyLimit}
              description={t.eventTypes.hints.noLimit}
              min={1}
              max={500}
              nullable
              {...number("daily_limit")}
            />
          </SimpleGrid>
        </Stack>
      </Section>

      <Section title={t.eventTypes.parts.who}>
        <Stack>
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

interface SavedTextProps {
  name: string;
  label: string;
  description?: ReactNode;
  value: string;
  error?: string;
  readOnly: boolean;
  multiline?: boolean;
  maxLength: number;
  check?: (value: string) => string | null;
  onSave: (value: string) => void;
}

function SavedText({
  label,
  description,
  value,
  error,
  readOnly,
  multiline,
  maxLength,
  check,
  onSave,
}: SavedTextProps) {
  const [draft, setDraft] = useState(value);
  const [fault, setFault] = useState<string | null>(null);
  useEffect(() => setDraft(value), [value]);
  const leave = () => {
    const next = draft.trim();
    const found = check?.(next) ?? null;
    setFault(found);
    if (!found && next !== value) onSave(next);
  };
  const shared = {
    label,
    description,
    readOnly,
    maxLength,
    value: draft,
    error: fault ?? error,
    onBlur: leave,
  };
  return multiline ? (
    <Textarea
      {...shared}
      autosize
      minRows={3}
      maxRows={12}
      onChange={(e) => setDraft(e.currentTarget.value)}
    />
  ) : (
    <TextInput
      {...shared}
      onChange={(e) => setDraft(e.currentTarget.value)}
      onKeyDown={(e) => {
        if (e.key === "Enter") leave();
        if (e.key === "Escape") setDraft(value);
      }}
    />
  );
}

interface SavedNumberProps {
  label: string;
  description?: string;
  suffix?: string;
  value: number | null | undefined;
  error?: string;
  min: number;
  max: number;
  step?: number;
  nullable?: boolean;
  readOnly: boolean;
  onSave: (value: number | null) => void;
}

function SavedNumber({ value, nullable, onSave, min, max, ...rest }: SavedNumberProps) {
  const [draft, setDraft] = useState<number | string>(value ?? "");
  useEffect(() => setDraft(value ?? ""), [value]);
  return (
    <NumberInput
      {...rest}
      min={min}
      max={max}
      allowDecimal={false}
      clampBehavior="blur"
      inputWrapperOrder={["label", "input", "description", "error"]}
      value={draft}
      onChange={setDraft}
      onBlur={() => {
        const next = draft === "" ? null : Math.min(max, Math.max(min, Number(draft)));
        if (next === null && !nullable) return setDraft(value ?? "");
        if (next !== (value ?? null)) onSave(next);
      }}
    />
  );
}
