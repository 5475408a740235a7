import { expect, it } from "vitest";
import { free, type Limit } from "./limits";

it("adds a limit that is not set yet, until all are", () => {
  const limits: Limit[] = [];
  for (let next = free(limits); next; next = free(limits)) limits.push(next);
  expect(limits).toHaveLength(18);
  expect(limits[0]).toEqual({ period: "week", measure: "bookings", scope: "event_of_organizer", most: 10 });
  expect(new Set(limits.map((limit) => `${limit.period} ${limit.measure} ${limit.scope}`)).size).toBe(18);
});
