import type { Booking } from "@/api/types";

/** Whether a request was left unanswered until its start: it can be declined, but no longer confirmed. */
export function hasLapsed(booking: Pick<Booking, "status" | "start">, now = Date.now()): boolean {
  return booking.status === "pending" && Date.parse(booking.start) <= now;
}
