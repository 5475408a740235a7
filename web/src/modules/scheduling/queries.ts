/** What the scheduling screens read. */
import { queryOptions } from "@tanstack/react-query";
import { keys } from "@/api/cache";
import { api, take } from "@/api/client";
import { asProblem } from "@/api/problem";
import type { Organizer } from "@/api/types";
import { pagesOf } from "@/shared/pages";
import { addDays, startOfDay } from "@/shared/time";

export const homeQuery = queryOptions({
  queryKey: [keys.home],
  queryFn: () => take(api.GET("/api/v1/home")),
});

export const pendingBookingsQuery = queryOptions({
  queryKey: [keys.bookings, "pending-count"],
  queryFn: () => take(api.GET("/api/v1/bookings", { params: { query: { view: "pending", limit: 100 } } })),
  staleTime: 60_000,
});

export type BookingView = "upcoming" | "past" | "pending" | "cancelled";

export interface BookingFilter {
  view?: BookingView;
  q?: string;
  /** Dates in the reader's zone, both included. */
  from?: string;
  to?: string;
  organizer?: string;
  contact?: string;
}

export function bookingsQuery(filter: BookingFilter, zone: string) {
  const query = {
    view: filter.view,
    q: filter.q,
    organizer_id: filter.organizer,
    contact_id: filter.contact,
    from: filter.from ? startOfDay(filter.from, zone).toISOString() : undefined,
    to: filter.to ? startOfDay(addDays(filter.to, 1), zone).toISOString() : undefined,
    limit: 50,
  };
  return pagesOf([keys.bookings, "list", query], (cursor, signal) =>
    take(api.GET("/api/v1/bookings", { params: { query: { ...query, cursor } }, signal })),
  );
}

export function bookingQuery(id: string) {
  return queryOptions({
    queryKey: [keys.bookings, "one", id],
    queryFn: () => take(api.GET("/api/v1/bookings/{id}", { params: { path: { id } } })),
  });
}

export function historyQuery(id: string) {
  return queryOptions({
    queryKey: [keys.history, id],
    queryFn: () => take(api.GET("/api/v1/bookings/{id}/history", { params: { path: { id } } })),
  });
}

/** Event types in their order; archived ones only when asked for. */
export function eventTypesQuery(active: boolean) {
  return queryOptions({
    queryKey: [keys.eventTypes, "list", { active }],
    queryFn: () => take(api.GET("/api/v1/event-types", { params: { query: { active, limit: 100 } } })),
  });
}

export function eventTypeQuery(id: string) {
  return queryOptions({
    queryKey: [keys.eventTypes, "one", id],
    queryFn: () => take(api.GET("/api/v1/event-types/{id}", { params: { path: { id } } })),
  });
}

export const schedulesQuery = queryOptions({
  queryKey: [keys.schedules],
  queryFn: () => take(api.GET("/api/v1/schedules", { params: { query: { limit: 100 } } })),
});

/** Blocked times of an organizer that are not over. */
export function blockedTimesQuery(organizer: string) {
  return queryOptions({
    queryKey: [keys.blockedTimes, "list", organizer],
    queryFn: () => {
      const query = { organizer_id: organizer, from: new Date().toISOString(), limit: 100 };
      return take(api.GET("/api/v1/blocked-times", { params: { query } }));
    },
  });
}

/** What is blocked from one instant to another, of one organizer or of all that one may see. */
export function blockedSpansQuery(from: string, to: string, organizer: string | undefined) {
  return queryOptions({
    queryKey: [keys.blockedTimes, "spans", from, to, organizer],
    queryFn: () => {
      const query = { from, to, organizer_id: organizer, limit: 100 };
      return take(api.GET("/api/v1/blocked-times", { params: { query } }));
    },
  });
}

/** Everybody with a booking page. */
export const organizersQuery = queryOptions({
  queryKey: [keys.organizer, "all"],
  queryFn: () => take(api.GET("/api/v1/organizers", { params: { query: { limit: 100 } } })),
});

/** One's own organizer profile, or null before there is one. */
export const organizerQuery = queryOptions({
  queryKey: [keys.organizer],
  queryFn: async (): Promise<Organizer | null> => {
    try {
      return await take(api.GET("/api/v1/organizer"));
    } catch (error) {
      if (asProblem(error).status === 404) return null;
      throw error;
    }
  },
});

export function slotsQuery(eventTypeId: string, from: string, to: string) {
  return queryOptions({
    queryKey: [keys.slots, eventTypeId, from, to],
    queryFn: ({ signal }) =>
      take(
        api.GET("/api/v1/event-types/{id}/slots", {
          params: { path: { id: eventTypeId }, query: { from, to } },
          signal,
        }),
      ),
    staleTime: 10_000,
  });
}
