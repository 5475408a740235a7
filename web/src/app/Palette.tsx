/** Search and commands in one place: records of the server, modules, and what one can do. */
import { Text } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import {
  createSpotlight,
  Spotlight,
  type SpotlightActionData,
  type SpotlightActionGroupData,
} from "@mantine/spotlight";
import "@mantine/spotlight/styles.layer.css";
import {
  IconAddressBook,
  IconCalendarEvent,
  IconCalendarTime,
  IconPlus,
  IconSearch,
  IconSettings,
  IconUserPlus,
} from "@tabler/icons-react";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useEffect, useState } from "react";
import { keys } from "@/api/cache";
import { api, take } from "@/api/client";
import type { Session } from "@/api/types";
import { useT } from "@/i18n";
import { type Module, settingsFor } from "./navigation";
import { mayDo, useFormats } from "./session";

const [store, palette] = createSpotlight();

export function openPalette(): void {
  // The palette's own component may be mounted by the same key press.
  setTimeout(palette.open, 0);
}

export default function Palette({ session, modules }: { session: Session; modules: Module[] }) {
  const t = useT();
  const f = useFormats();
  const navigate = useNavigate();
  const [query, setQuery] = useState("");
  const [asked] = useDebouncedValue(query.trim(), 150);
  const found = useQuery({
    queryKey: [keys.search, asked],
    queryFn: ({ signal }) => take(api.GET("/api/v1/search", { params: { query: { q: asked } }, signal })),
    enabled: asked.length >= 2,
    placeholderData: keepPreviousData,
  });

  const matches = (label: string) => label.toLowerCase().includes(query.trim().toLowerCase());
  const commands: SpotlightActionData[] = [
    {
      id: "new-booking",
      label: t.bookings.create,
      leftSection: <IconPlus size={18} aria-hidden />,
      onClick: () => void navigate({ to: "/bookings", search: { create: true } }),
      permission: "bookings:write",
    },
    {
      id: "new-event-type",
      label: t.eventTypes.create,
      leftSection: <IconPlus size={18} aria-hidden />,
      onClick: () => void navigate({ to: "/event-types", search: { create: true } }),
      permission: "event_types:write",
    },
    {
      id: "new-contact",
      label: t.contacts.create,
      leftSection: <IconPlus size={18} aria-hidden />,
      onClick: () => void navigate({ to: "/contacts", search: { create: true } }),
      permission: "contacts:write",
    },
    {
      id: "new-workflow",
      label: t.workflows.create,
      leftSection: <IconPlus size={18} aria-hidden />,
      onClick: () => void navigate({ to: "/workflows", search: { create: true } }),
      permission: "workflows:write",
    },
    {
      id: "invite",
      label: t.invitations.create,
      leftSection: <IconUserPlus size={18} aria-hidden />,
      onClick: () => void navigate({ to: "/members/invitations", search: { create: true } }),
      permission: "invitations:write",
    },
  ]
    .filter((command) => mayDo(session, command.permission) && matches(command.label))
    .map(({ permission: _, ...command }) => command);
  const places: SpotlightActionData[] = modules
    .filter((module) => matches(t.nav[module.key]))
    .map((module) => ({
      id: `go-${module.key}`,
      label: t.nav[module.key],
      leftSection: <module.icon size={18} stroke={1.6} aria-hidden />,
      onClick: () => void navigate({ to: module.to }),
    }));
  // Listed once one types: the frame of the settings is among the places already.
  if (query.trim()) {
    for (const { key, to } of settingsFor(session)) {
      const label = `${t.nav.settings}: ${t.settings[key]}`;
      if (!matches(label)) continue;
      places.push({
        id: `go-settings-${key}`,
        label,
        leftSection: <IconSettings size={18} stroke={1.6} aria-hidden />,
        onClick: () => void navigate({ to }),
      });
    }
  }
  const results = asked.length >= 2 ? found.data : undefined;
  const groups: SpotlightActionGroupData[] = [
    {
      group: t.nav.contacts,
      actions: (results?.contacts ?? []).map((contact) => ({
        id: `contact-${contact.id}`,
        label: contact.name,
        description: contact.email ?? undefined,
        leftSection: <IconAddressBook size={18} aria-hidden />,
        onClick: () => void navigate({ to: "/contacts/$id", params: { id: contact.id } }),
      })),
    },
    {
      group: t.nav.bookings,
      actions: (results?.bookings ?? []).map((booking) => ({
        id: `booking-${booking.id}`,
        label: `${booking.invitee_name} · ${booking.event_type.name}`,
        description: f.span(booking.start, booking.end),
        leftSection: <IconCalendarEvent size={18} aria-hidden />,
        onClick: () => void navigate({ to: "/bookings/$id", params: { id: booking.id } }),
      })),
    },
    {
      group: t.nav.eventTypes,
      actions: (results?.event_types ?? []).map((type) => ({
        id: `type-${type.id}`,
        label: type.name,
        leftSection: <IconCalendarTime size={18} aria-hidden />,
        onClick: () => void navigate({ to: "/event-types/$id", params: { id: type.id } }),
      })),
    },
    { group: t.palette.commands, actions: commands },
    { group: t.palette.goTo, actions: places },
  ].filter((group) => group.actions.length > 0);

  // Spotlight selects the first action when one types; what the server found comes later and is selected here.
  const ids = groups.flatMap((group) => group.actions.map((action) => action.id)).join(" ");
  useEffect(() => {
    const { listId, query: typed } = store.getState();
    const actions = document.getElementById(listId)?.querySelectorAll("[data-action]") ?? [];
    for (const action of actions) action.removeAttribute("data-selected");
    if (typed.trim() !== "" && ids !== "") actions[0]?.setAttribute("data-selected", "true");
    store.updateState((state) => ({
      ...state,
      empty: typed.trim() !== "" && ids === "",
      selected: typed ? 0 : -1,
    }));
  }, [ids]);

  return (
    <Spotlight
      store={store}
      actions={groups}
      // The server and the lines above did the filtering.
      filter={(_, actions) => actions}
      query={query}
      onQueryChange={setQuery}
      shortcut={null}
      attributes={{ content: { "aria-label": t.palette.open } }}
      scrollable
      maxHeight={420}
      transitionProps={{ duration: 100 }}
      nothingFound={
        <Text c="dimmed">
          {asked.length >= 2 && found.isFetching ? t.palette.searching : t.common.nothingFound}
        </Text>
      }
      searchProps={{
        leftSection: <IconSearch size={18} aria-hidden />,
        placeholder: t.palette.placeholder,
        "aria-label": t.palette.open,
      }}
    />
  );
}
