import { queryOptions, useQueryClient } from "@tanstack/react-query";
import { keys, patchCached } from "@/api/cache";
import { api, take } from "@/api/client";
import type { Notification, NotificationGroup } from "@/api/types";
import { useChange } from "@/shared/change";
import { pagesOf } from "@/shared/pages";

/** Rows in the panel behind the bell. */
const SHOWN = 20;

export const unreadQuery = queryOptions({
  queryKey: [keys.notifications, "unread"],
  queryFn: ({ signal }) => take(api.GET("/api/v1/notifications/unread", { signal })),
});

/** What the panel shows: all that is unread first, then what was read. */
export const panelQuery = queryOptions({
  queryKey: [keys.notifications, "panel"],
  queryFn: async ({ signal }) => {
    const [fresh, read] = await Promise.all(
      [true, false].map((unread) =>
        take(api.GET("/api/v1/notifications", { params: { query: { unread, limit: SHOWN } }, signal })),
      ),
    );
    return { fresh: fresh?.items ?? [], read: read?.items ?? [] };
  },
});

export interface NotificationFilter {
  unread?: true | undefined;
  group?: NotificationGroup | undefined;
}

export function notificationsQuery(filter: NotificationFilter) {
  return pagesOf([keys.notifications, "list", filter], (cursor, signal) =>
    take(api.GET("/api/v1/notifications", { params: { query: { ...filter, cursor, limit: 50 } }, signal })),
  );
}

export const preferencesQuery = queryOptions({
  queryKey: [keys.notificationPreferences],
  queryFn: ({ signal }) => take(api.GET("/api/v1/notification-preferences", { signal })),
});

/** Marks one as read, or as unread again. */
export function useReading() {
  const client = useQueryClient();
  return useChange<{ notification: Notification; read: boolean }>({
    run: ({ notification, read }) => {
      const params = { path: { id: notification.id } };
      return take(
        read
          ? api.PUT("/api/v1/notifications/{id}/reading", { params })
          : api.DELETE("/api/v1/notifications/{id}/reading", { params }),
      );
    },
    show: ({ notification, read }) =>
      patchCached(client, keys.notifications, notification.id, (record: Notification) => ({
        ...record,
        read_at: read ? new Date().toISOString() : null,
      })),
    stale: [keys.notifications],
  });
}

export function useReadAll(done: () => void) {
  return useChange<void>({
    run: () => take(api.POST("/api/v1/notification-readings", { body: {} })),
    stale: [keys.notifications],
    done,
  });
}
