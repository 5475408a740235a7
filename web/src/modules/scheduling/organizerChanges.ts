/** Saving one's own organizer profile. */
import { useQueryClient } from "@tanstack/react-query";
import { keys } from "@/api/cache";
import { api, ifMatch, take } from "@/api/client";
import type { Problem } from "@/api/problem";
import type { Organizer, OrganizerInput } from "@/api/types";
import { useChange } from "@/shared/change";
import { organizerQuery } from "./queries";

export function putOrganizer(current: Organizer | null, body: OrganizerInput): Promise<Organizer> {
  return take(api.PUT("/api/v1/organizer", { params: { header: current ? ifMatch(current) : {} }, body }));
}

/** The whole profile with some fields changed, as PUT wants it. */
export function organizerInput(current: Organizer, changes: Partial<OrganizerInput>): OrganizerInput {
  const { user_id: _u, is_active: _a, public_url: _p, version: _v, ...rest } = current;
  return { ...rest, ...changes };
}

export function useSaveOrganizer(options: {
  /** `former` is the profile before, or null when this made it. */
  done?: (saved: Organizer, former: Organizer | null) => void;
  refused?: (problem: Problem) => boolean;
}) {
  const client = useQueryClient();
  return useChange<{ current: Organizer | null; input: OrganizerInput }, Organizer>({
    run: ({ current, input }) => putOrganizer(current, input),
    show: ({ current, input }) => {
      if (!current) return undefined;
      client.setQueryData(organizerQuery.queryKey, { ...current, ...(input as Partial<Organizer>) });
      return () => client.setQueryData(organizerQuery.queryKey, current);
    },
    stale: [keys.organizer, keys.home, keys.slots, keys.eventTypes],
    refused: options.refused,
    done: (saved, { current }) => {
      client.setQueryData(organizerQuery.queryKey, saved);
      options.done?.(saved, current);
    },
  });
}
