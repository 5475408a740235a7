/** Changes of bookings, shown at once; a cancellation is undone by a restoration while the time is free. */
import { type QueryClient, useQueryClient } from "@tanstack/react-query";
import { keys, patchCached } from "@/api/cache";
import { api, take } from "@/api/client";
import type { Booking } from "@/api/types";
import { useT } from "@/i18n";
import { useChange } from "@/shared/change";
import { notice, undoNotice } from "@/shared/toast";

const STALE = [keys.bookings, keys.history, keys.home, keys.slots];

function showStatus(client: QueryClient, id: string, status: Booking["status"]): () => void {
  return patchCached(client, keys.bookings, id, (booking: Booking) => ({ ...booking, status }));
}

/** Cancels one or more bookings; the undo restores them all. */
export function useCancelBookings() {
  const t = useT();
  const client = useQueryClient();
  const restore = useChange<readonly Booking[]>({
    run: (bookings) =>
      Promise.all(
        bookings.map(({ id }) =>
          take(api.POST("/api/v1/bookings/{id}/restoration", { params: { path: { id } } })),
        ),
      ),
    show: (bookings) => {
      const undo = bookings.map(({ id, status }) => showStatus(client, id, status));
      return () => {
        for (const run of undo) run();
      };
    },
    stale: STALE,
    done: () => notice(t.bookings.restored),
  });
  return useChange<{ bookings: readonly Booking[]; reason?: string }, Booking[]>({
    run: ({ bookings, reason }) =>
      Promise.all(
        bookings.map(({ id }) =>
          take(
            api.POST("/api/v1/bookings/{id}/cancellation", {
              params: { path: { id } },
              body: reason ? { reason } : {},
            }),
          ),
        ),
      ),
    show: ({ bookings }) => {
      const undo = bookings.map(({ id }) => showStatus(client, id, "cancelled")).reverse();
      return () => {
        for (const run of undo) run();
      };
    },
    stale: STALE,
    done: (_, { bookings }) => {
      const [first] = bookings;
      if (!first) return;
      const text =
        bookings.length === 1
          ? t.bookings.cancelled(first.invitee_name)
          : t.bookings.cancelledMany(bookings.length);
      undoNotice(text, t, () => restore.mutate(bookings));
    },
  });
}

export type Decision = "confirm" | "decline" | "no_show" | "attended";

/** Confirms or declines a request, or notes that the invitee did not come, which can be taken back. */
export function useDecideBooking(booking: Booking) {
  const t = useT();
  const client = useQueryClient();
  const params = { path: { id: booking.id } };
  const decide = useChange<{ decision: Decision; reason?: string }, Booking>({
    run: ({ decision, reason }) => {
      if (decision === "confirm") return take(api.POST("/api/v1/bookings/{id}/confirmation", { params }));
      if (decision === "no_show") return take(api.PUT("/api/v1/bookings/{id}/no-show", { params }));
      if (decision === "attended") return take(api.DELETE("/api/v1/bookings/{id}/no-show", { params }));
      return take(api.POST("/api/v1/bookings/{id}/refusal", { params, body: reason ? { reason } : {} }));
    },
    show: ({ decision }) =>
      showStatus(
        client,
        booking.id,
        ({ confirm: "confirmed", decline: "declined", no_show: "no_show", attended: "completed" } as const)[
          decision
        ],
      ),
    stale: STALE,
    done: (_, { decision }) => {
      const text = t.bookings.decided[decision](booking.invitee_name);
      if (decision === "no_show") undoNotice(text, t, () => decide.mutate({ decision: "attended" }));
      else notice(text);
    },
  });
  return decide;
}
