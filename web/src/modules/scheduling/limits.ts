import type { EventType } from "@/api/types";

export type Limit = EventType["limits"][number];

export const PERIODS = ["day", "week", "month"] as const;
export const MEASURES = ["bookings", "minutes"] as const;
export const SCOPES = ["event_of_organizer", "event", "organizer"] as const;

/** A limit that none of the given ones sets already; nothing where all are set. */
export function free(limits: readonly Limit[]): Limit | undefined {
  // The day's bookings have a field of their own, so a new limit begins with the week.
  const all = MEASURES.flatMap((measure) =>
    SCOPES.flatMap((scope) =>
      (["week", "month", "day"] as const).map((period) => ({
        period,
        measure,
        scope,
        most: measure === "minutes" ? 600 : 10,
      })),
    ),
  );
  const same = (a: Limit, b: Limit) =>
    a.period === b.period && a.measure === b.measure && a.scope === b.scope;
  return all.find((one) => !limits.some((limit) => same(limit, one)));
}
