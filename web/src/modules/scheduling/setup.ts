/** What is left to set up, as far as the reader's role allows it. */
import type { Home } from "@/api/types";

type Step = keyof Home["setup"];

/** What each step demands; whoever lacks it is not asked to do it. */
const NEEDS: Record<Step, readonly string[]> = {
  profile: ["organizers:write"],
  event_type: ["organizers:write", "event_types:write"],
  availability: ["organizers:write", "schedules:write"],
  first_booking: ["organizers:write", "event_types:read"],
  invited: ["invitations:write"],
};

export function setupSteps(may: (codename: string) => boolean): Step[] {
  return (Object.keys(NEEDS) as Step[]).filter((step) => NEEDS[step].every((codename) => may(codename)));
}
