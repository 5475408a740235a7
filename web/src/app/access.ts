/** Where a session may go: what needs a workspace, and who sets one up. */
import type { Session } from "@/api/types";
import { mayDo } from "./session";

/** Screens about the person or the instance, which work without a workspace. */
const PERSONAL = ["/settings/profile", "/settings/security", "/settings/privacy", "/mailbox", "/instance"];

export function needsWorkspace(pathname: string): boolean {
  return !PERSONAL.some((path) => pathname === path || pathname.startsWith(`${path}/`));
}

/** What the first run does: a page, hours and something to book. */
const FIRST_RUN = [
  "organizers:read",
  "organizers:write",
  "schedules:read",
  "schedules:write",
  "event_types:read",
  "event_types:write",
];

export function maySetUpPage(session: Session): boolean {
  return FIRST_RUN.every((codename) => mayDo(session, codename));
}

/** Where one begins: the founder of a workspace sets up the booking link first, others have nothing to set up. */
export function landing(session: Session): "/" | "/onboarding" {
  const founds = mayDo(session, "settings:manage") && maySetUpPage(session);
  return founds && session.tenant?.onboarding_status === "pending" ? "/onboarding" : "/";
}
