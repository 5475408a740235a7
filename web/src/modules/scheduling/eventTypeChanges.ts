/** Changes of event types: copy, archive with undo, order. */
import { useQueryClient } from "@tanstack/react-query";
import { keys, patchCached } from "@/api/cache";
import { api, ifMatch, take } from "@/api/client";
import type { EventType, EventTypeChanges } from "@/api/types";
import { useT } from "@/i18n";
import { type Edit, useChange } from "@/shared/change";
import { notice, undoNotice } from "@/shared/toast";
import { inOrder } from "./order";
import { eventTypeQuery, eventTypesQuery } from "./queries";

const STALE = [keys.eventTypes, keys.home, keys.slots];

export function useCopyEventType(done?: (copy: EventType) => void) {
  const t = useT();
  return useChange<EventType, EventType>({
    run: ({ id }) => take(api.POST("/api/v1/event-types/{id}/copies", { params: { path: { id } } })),
    stale: STALE,
    done: (copy) => {
      notice(t.eventTypes.copied(copy.name));
      done?.(copy);
    },
  });
}

/** Puts an archived event type back. */
export function useRestoreEventType() {
  const t = useT();
  const client = useQueryClient();
  return useChange<string, EventType>({
    run: async (id) => {
      const params = { path: { id } };
      const now = await take(api.GET("/api/v1/event-types/{id}", { params }));
      return take(
        api.PATCH("/api/v1/event-types/{id}", {
          params: { ...params, header: ifMatch(now) },
          body: { is_active: true },
        }),
      );
    },
    show: (id) => patchCached(client, keys.eventTypes, id, (x: EventType) => ({ ...x, is_active: true })),
    stale: STALE,
    done: (restored) => notice(t.eventTypes.restored(restored.name)),
  });
}

export function useArchiveEventType() {
  const t = useT();
  const client = useQueryClient();
  const restore = useRestoreEventType();
  return useChange<EventType>({
    run: (x) =>
      take(api.DELETE("/api/v1/event-types/{id}", { params: { path: { id: x.id }, header: ifMatch(x) } })),
    show: ({ id }) => patchCached(client, keys.eventTypes, id, () => null),
    stale: STALE,
    done: (_, x) => undoNotice(t.eventTypes.archived(x.name), t, () => restore.mutate(x.id)),
  });
}

export function useOrderEventTypes() {
  const client = useQueryClient();
  const { queryKey } = eventTypesQuery(true);
  return useChange<string[]>({
    run: (ids) => take(api.PUT("/api/v1/event-types/order", { body: { ids } })),
    show: (ids) => {
      const before = client.getQueryData(queryKey);
      client.setQueryData(queryKey, (list) => (list ? { ...list, items: inOrder(list.items, ids) } : list));
      return () => client.setQueryData(queryKey, before);
    },
    stale: [keys.eventTypes],
  });
}

/** Organizers are shown by names, which are not written with the event type. */
function written(changes: EventTypeChanges): EventTypeChanges {
  const organizers = changes.organizers?.map(({ user_id, weight, priority, schedule_id }) => ({
    user_id,
    weight,
    priority,
    schedule_id,
  }));
  return organizers ? { ...changes, organizers } : changes;
}

/** Saves fields of an event type; the toast's undo saves what stood before. */
export function useEditEventType(eventType: EventType, refused?: Parameters<typeof useChange>[0]["refused"]) {
  const t = useT();
  const client = useQueryClient();
  const edit = useChange<Edit<EventTypeChanges>, EventType>({
    run: ({ changes }) =>
      take(
        api.PATCH("/api/v1/event-types/{id}", {
          params: {
            path: { id: eventType.id },
            header: ifMatch(client.getQueryData(eventTypeQuery(eventType.id).queryKey) ?? eventType),
          },
          body: written(changes),
        }),
      ),
    show: ({ changes }) =>
      patchCached(client, keys.eventTypes, eventType.id, (x: EventType) => ({ ...x, ...changes })),
    stale: STALE,
    refused,
    queue: `event-type.${eventType.id}`,
    done: (saved, { before }) => {
      client.setQueryData(eventTypeQuery(saved.id).queryKey, saved);
      if (before) undoNotice(t.common.saved, t, () => edit.mutate({ changes: before }));
    },
  });
  return edit;
}
