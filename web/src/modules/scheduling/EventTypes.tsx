/** What can be booked: create, order by drag or keyboard, share, copy, archive. */
import {
  ActionIcon,
  Badge,
  Button,
  Group,
  Menu,
  Modal,
  NumberInput,
  Select,
  Stack,
  Text,
  TextInput,
  Tooltip,
} from "@mantine/core";
import { useForm } from "@mantine/form";
import { useHotkeys } from "@mantine/hooks";
import {
  IconArchive,
  IconArrowDown,
  IconArrowUp,
  IconCalendarTime,
  IconCopyPlus,
  IconDots,
  IconExternalLink,
  IconGripVertical,
  IconPlus,
  IconRestore,
} from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { getRouteApi, Link, useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { keys } from "@/api/cache";
import { api, take } from "@/api/client";
import type { EventType, NewEventType } from "@/api/types";
import { useMay } from "@/app/session";
import { useT } from "@/i18n";
import { CopyIcon } from "@/shared/bits";
import { useChange } from "@/shared/change";
import { check, FormSummary, focusFirst, useFormProblem } from "@/shared/forms";
import { Page } from "@/shared/Page";
import { slugFault, slugify } from "@/shared/slug";
import { Answer, EmptyState, RowsSkeleton } from "@/shared/states";
import { LinkTabs } from "@/shared/Tabs";
import { Mark } from "./BookingRows";
import {
  useArchiveEventType,
  useCopyEventType,
  useOrderEventTypes,
  useRestoreEventType,
} from "./eventTypeChanges";
import classes from "./eventTypes.module.css";
import { LOCATION_TYPES } from "./locations";
import { NoPage } from "./NoPage";
import { moveTo } from "./order";
import { eventTypesQuery, organizerQuery } from "./queries";

const route = getRouteApi("/app/event-types");

export function EventTypes() {
  const t = useT();
  const may = useMay();
  const navigate = useNavigate({ from: "/event-types" });
  const { create, archived } = route.useSearch();
  const query = useQuery(eventTypesQuery(!archived));
  const organizer = useQuery({ ...organizerQuery, enabled: may("organizers:read") });
  // An event type stands on one's own booking page.
  const creatable = may("event_types:write") && organizer.data !== null;
  const setCreate = (value: true | undefined) => void navigate({ search: (s) => ({ ...s, create: value }) });
  useHotkeys([["n", () => creatable && setCreate(true)]]);
  const button = creatable ? (
    <Button leftSection={<IconPlus size={16} aria-hidden />} onClick={() => setCreate(true)}>
      {t.eventTypes.create}
    </Button>
  ) : null;
  return (
    <Page title={t.nav.eventTypes} description={t.eventTypes.text} action={button}>
      <LinkTabs
        label={t.nav.eventTypes}
        tabs={[
          { label: t.eventTypes.active, link: { to: "/event-types" }, active: !archived },
          {
            label: t.eventTypes.archive,
            link: { to: "/event-types", search: { archived: true } },
            active: archived === true,
          },
        ]}
      />
      {organizer.data === null && may("organizers:write") ? (
        <NoPage icon={IconCalendarTime} />
      ) : (
        <Answer query={query} skeleton={<RowsSkeleton rows={4} height={72} />}>
          {({ items }) =>
            items.length === 0 ? (
              archived ? (
                <EmptyState icon={IconArchive} title={t.eventTypes.noArchiveTitle}>
                  {t.eventTypes.noArchiveText}
                </EmptyState>
              ) : (
                <EmptyState icon={IconCalendarTime} title={t.eventTypes.noneTitle} action={button}>
                  {creatable ? t.eventTypes.noneText : t.roleLacks.eventTypes}
                </EmptyState>
              )
            ) : (
              <Cards items={items} archived={archived === true} />
            )
          }
        </Answer>
      )}
      <Modal
        opened={create === true && creatable}
        onClose={() => setCreate(undefined)}
        title={t.eventTypes.create}
        closeButtonProps={{ "aria-label": t.common.close }}
      >
        <CreateForm />
      </Modal>
    </Page>
  );
}

function Cards({ items, archived }: { items: EventType[]; archived: boolean }) {
  const t = useT();
  const may = useMay();
  const order = useOrderEventTypes();
  const [dragged, setDragged] = useState<string | null>(null);
  const [over, setOver] = useState<string | null>(null);
  const [said, setSaid] = useState("");
  // Members may see the event types of others and yet put only their own in order.
  const writable = (item: EventType) => may("event_types:write", item.owner_id);
  const ids = items.filter(writable).map((x) => x.id);
  // Whose each is needs no saying where all are one's own.
  const ofSeveral = new Set(items.map((x) => x.owner_id)).size > 1;
  const move = (item: EventType, to: number) => {
    const next = moveTo(ids, item.id, to);
    if (next.join() === ids.join()) return;
    order.mutate(next);
    setSaid(t.eventTypes.movedTo(item.name, next.indexOf(item.id) + 1, ids.length));
  };
  return (
    <>
      <ul className={classes.list}>
        {items.map((item) => {
          const index = ids.indexOf(item.id);
          return (
            <li
              key={item.id}
              className={classes.card}
              data-dragged={dragged === item.id || undefined}
              data-over={over === item.id && dragged !== item.id ? true : undefined}
              onDragOver={(event) => {
                if (!dragged || index < 0) return;
                event.preventDefault();
                setOver(item.id);
              }}
              onDrop={(event) => {
                event.preventDefault();
                const moved = items.find((x) => x.id === dragged);
                if (moved) move(moved, index);
                setDragged(null);
                setOver(null);
              }}
            >
              {index >= 0 && !archived && ids.length > 1 ? (
                <ActionIcon
                  className={classes.grip}
                  draggable
                  aria-label={t.eventTypes.moveHint(item.name)}
                  onDragStart={(event) => {
                    event.dataTransfer.effectAllowed = "move";
                    event.dataTransfer.setData("text/plain", item.id);
                    setDragged(item.id);
                  }}
                  onDragEnd={() => {
                    setDragged(null);
                    setOver(null);
                  }}
                  onKeyDown={(event) => {
                    if (event.key === "ArrowUp" || event.key === "ArrowDown") {
                      event.preventDefault();
                      move(item, index + (event.key === "ArrowUp" ? -1 : 1));
                    }
                  }}
                >
                  <IconGripVertical size={18} />
                </ActionIcon>
              ) : null}
              <div className={classes.body}>
                <Group gap="xs" wrap="nowrap">
                  <Mark color={item.color} />
                  <Link to="/event-types/$id" params={{ id: item.id }} className={classes.name}>
                    {item.name}
                  </Link>
                  {item.is_private ? (
                    <Badge variant="default" flex="none">
                      {t.eventTypes.private}
                    </Badge>
                  ) : null}
                  {item.requires_confirmation ? (
                    <Badge variant="default" visibleFrom="sm" flex="none">
                      {t.eventTypes.onRequest}
                    </Badge>
                  ) : null}
                </Group>
                <Text c="dimmed" className={classes.meta}>
                  {t.eventTypes.minutes(item.duration_minutes)} · {t.eventTypes.locations[item.location_type]}{" "}
                  · /{item.slug}
                  {ofSeveral ? ` · ${item.owner_name}` : null}
                </Text>
              </div>
              <CardActions
                item={item}
                archived={archived}
                writable={index >= 0}
                up={index > 0 ? () => move(item, index - 1) : undefined}
                down={index < ids.length - 1 ? () => move(item, index + 1) : undefined}
              />
            </li>
          );
        })}
      </ul>
      <div aria-live="polite" className="visually-hidden">
        {said}
      </div>
    </>
  );
}

interface CardActionsProps {
  item: EventType;
  archived: boolean;
  writable: boolean;
  up: (() => void) | undefined;
  down: (() => void) | undefined;
}

function CardActions({ item, archived, writable, up, down }: CardActionsProps) {
  const t = useT();
  const navigate = useNavigate();
  // A copy begins switched off, so its own page is where one goes on.
  const copy = useCopyEventType((made) => void navigate({ to: "/event-types/$id", params: { id: made.id } }));
  const archive = useArchiveEventType();
  const restore = useRestoreEventType();
  if (archived) {
    return writable ? (
      <Button
        variant="default"
        leftSection={<IconRestore size={16} aria-hidden />}
        loading={restore.isPending}
        onClick={() => restore.mutate(item.id)}
      >
        {t.eventTypes.restore}
      </Button>
    ) : null;
  }
  return (
    <Group gap={2} wrap="nowrap">
      <Tooltip label={t.eventTypes.preview}>
        <ActionIcon
          component="a"
          href={item.public_url}
          target="_blank"
          rel="noreferrer"
          aria-label={`${t.eventTypes.preview}: ${item.name}`}
          visibleFrom="xs"
        >
          <IconExternalLink size={18} />
        </ActionIcon>
      </Tooltip>
      <CopyIcon value={item.public_url} label={`${t.eventTypes.copyLink}: ${item.name}`} />
      {writable ? (
        <Menu position="bottom-end">
          <Menu.Target>
            <ActionIcon aria-label={t.common.actionsFor(item.name)}>
              <IconDots size={18} />
            </ActionIcon>
          </Menu.Target>
          <Menu.Dropdown>
            <Menu.Item leftSection={<IconCopyPlus size={16} aria-hidden />} onClick={() => copy.mutate(item)}>
              {t.eventTypes.duplicate}
            </Menu.Item>
            <Menu.Item leftSection={<IconArrowUp size={16} aria-hidden />} disabled={!up} onClick={up}>
              {t.eventTypes.moveUp}
            </Menu.Item>
            <Menu.Item leftSection={<IconArrowDown size={16} aria-hidden />} disabled={!down} onClick={down}>
              {t.eventTypes.moveDown}
            </Menu.Item>
            <Menu.Divider />
            <Menu.Item
              leftSection={<IconArchive size={16} aria-hidden />}
              onClick={() => archive.mutate(item)}
            >
              {t.eventTypes.archiveOne}
            </Menu.Item>
          </Menu.Dropdown>
        </Menu>
      ) : null}
    </Group>
  );
}

function CreateForm() {
  const t = useT();
  const navigate = useNavigate();
  const form = useForm({
    mode: "controlled",
    validateInputOnBlur: true,
    initialValues: {
      name: "",
      slug: "",
      duration_minutes: 30 as number | string,
      location_type: "video" as EventType["location_type"],
    },
    validate: {
      name: check.required(t),
      slug: (value, values) => {
        const fault = slugFault(value || slugify(values.name), 1);
        return fault ? t.forms.slug[fault] : null;
      },
      duration_minutes: (value) => (Number(value) >= 5 && Number(value) <= 1440 ? null : t.forms.duration),
    },
  });
  const problem = useFormProblem(form);
  const create = useChange<NewEventType, EventType>({
    run: (body) => take(api.POST("/api/v1/event-types", { body })),
    stale: [keys.eventTypes, keys.home],
    done: (created) => void navigate({ to: "/event-types/$id", params: { id: created.id } }),
    refused: (refused) => {
      if (refused.code === "slug_taken") form.setFieldError("slug", t.problems.codes.slug_taken);
      else problem.show(refused);
      return true;
    },
  });
  const slug = form.values.slug || slugify(form.values.name);
  return (
    <form
      noValidate
      onSubmit={form.onSubmit((values) => {
        problem.clear();
        create.mutate({
          name: values.name.trim(),
          slug,
          duration_minutes: Number(values.duration_minutes),
          location_type: values.location_type,
        });
      }, focusFirst(form))}
    >
      <Stack>
        <FormSummary lines={problem.summary} />
        <TextInput
          label={t.eventTypes.fields.name}
          placeholder={t.onboarding.firstName}
          maxLength={120}
          data-autofocus
          {...form.getInputProps("name")}
        />
        <TextInput
          label={t.eventTypes.fields.slug}
          maxLength={60}
          {...form.getInputProps("slug")}
          value={slug}
          onChange={(e) => form.setFieldValue("slug", e.currentTarget.value.toLowerCase())}
        />
        <Group grow align="flex-start">
          <NumberInput
            label={t.eventTypes.fields.duration}
            suffix=" min"
            min={5}
            max={1440}
            step={5}
            {...form.getInputProps("duration_minutes")}
          />
          <Select
            label={t.eventTypes.fields.location}
            allowDeselect={false}
            data={LOCATION_TYPES.map((value) => ({ value, label: t.eventTypes.locations[value] }))}
            {...form.getInputProps("location_type")}
          />
        </Group>
        <Button type="submit" loading={create.isPending}>
          {t.common.create}
        </Button>
      </Stack>
    </form>
  );
}
