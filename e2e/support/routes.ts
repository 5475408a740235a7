/** Every screen of the web app and every public page, with records to show where an address has an id. */
import { type APIRequestContext, expect } from "@playwright/test";
import { answer, slots, visitor } from "./api";
import type { Workspace } from "./workspace";

export interface Screen {
  name: string;
  path: string;
  /** Shown without a session. */
  open?: boolean;
}

async function first(api: APIRequestContext, path: string, params: Record<string, string> = {}) {
  const { items } = await answer<{ items: { id: string }[] }>(
    api.get(path, { params: { limit: "1", ...params } }),
  );
  return items[0]?.id;
}

export const SIGNED_OUT: Screen[] = [
  { name: "sign-in", path: "/sign-in", open: true },
  { name: "from-provider", path: "/sign-in/from/acme?state=unknown", open: true },
  { name: "find-company", path: "/sign-in/company", open: true },
  { name: "workspace-sign-in", path: "/sign-in/at/unknown", open: true },
  { name: "ask-mail-link", path: "/sign-in/mail", open: true },
  { name: "open-mail-link", path: "/sign-in/link#token=unknown", open: true },
  { name: "sign-up", path: "/sign-up", open: true },
  { name: "verify-email", path: "/verify-email?token=unknown", open: true },
  { name: "forgot-password", path: "/forgot-password", open: true },
  { name: "reset-password", path: "/reset-password?token=unknown", open: true },
  { name: "invitation", path: "/invitation#token=unknown", open: true },
  { name: "confirm-email", path: "/confirm-email?token=unknown", open: true },
  { name: "restore-account", path: "/restore-account?token=unknown", open: true },
  { name: "oauth-refused", path: "/oauth/refused", open: true },
];

/** The screens behind the sign-in; those of single records only where there are records. */
export async function appScreens(api: APIRequestContext): Promise<Screen[]> {
  const [workflow, webhook, booking, eventType, contact, role, member, tenant, mail] = await Promise.all([
    first(api, "/api/v1/workflows"),
    first(api, "/api/v1/webhook-endpoints"),
    first(api, "/api/v1/bookings"),
    first(api, "/api/v1/event-types"),
    first(api, "/api/v1/contacts"),
    first(api, "/api/v1/roles"),
    answer<{ items: { user_id: string }[] }>(api.get("/api/v1/members", { params: { limit: "1" } })).then(
      ({ items }) => items[0]?.user_id,
    ),
    api
      .get("/api/v1/admin/tenants", { params: { limit: "1" } })
      .then(async (tenants) =>
        tenants.ok() ? ((await tenants.json()) as { items: { id: string }[] }).items[0]?.id : undefined,
      ),
    api
      .get("/api/v1/mails", { params: { limit: "20" } })
      .then(async (mails) =>
        mails.ok()
          ? ((await mails.json()) as { items: { id: string; can_open: boolean }[] }).items.find(
              (one) => one.can_open,
            )?.id
          : undefined,
      ),
  ]);
  const screens: (Screen | undefined)[] = [
    { name: "home", path: "/" },
    { name: "onboarding", path: "/onboarding" },
    { name: "bookings", path: "/bookings" },
    { name: "bookings-week", path: "/bookings?layout=week" },
    { name: "bookings-past", path: "/bookings?view=past" },
    booking ? { name: "bookings-panel", path: `/bookings?open=${booking}` } : undefined,
    booking ? { name: "booking", path: `/bookings/${booking}` } : undefined,
    { name: "event-types", path: "/event-types" },
    eventType ? { name: "event-type", path: `/event-types/${eventType}` } : undefined,
    { name: "availability", path: "/availability" },
    { name: "contacts", path: "/contacts" },
    contact ? { name: "contact", path: `/contacts/${contact}` } : undefined,
    { name: "workflows", path: "/workflows" },
    { name: "workflows-new", path: "/workflows?create=true" },
    workflow ? { name: "workflow", path: `/workflows/${workflow}` } : undefined,
    workflow ? { name: "workflow-history", path: `/workflows/${workflow}?history=true` } : undefined,
    { name: "members", path: "/members" },
    member ? { name: "member", path: `/members/${member}` } : undefined,
    { name: "invitations", path: "/members/invitations" },
    { name: "roles", path: "/settings/roles" },
    { name: "roles-compared", path: "/roles" },
    { name: "new-role", path: "/roles/new" },
    role ? { name: "role", path: `/roles/${role}` } : undefined,
    { name: "settings-profile", path: "/settings/profile" },
    { name: "settings-security", path: "/settings/security" },
    { name: "settings-workspace", path: "/settings/workspace" },
    { name: "settings-booking-page", path: "/settings/booking-page" },
    { name: "settings-domains", path: "/settings/domains" },
    { name: "settings-policy", path: "/settings/policy" },
    { name: "settings-sign-in", path: "/settings/sign-in" },
    { name: "settings-retention", path: "/settings/retention" },
    { name: "settings-mail", path: "/settings/mail" },
    { name: "settings-privacy", path: "/settings/privacy" },
    { name: "settings-notifications", path: "/settings/notifications" },
    { name: "settings-apps", path: "/settings/apps" },
    { name: "settings-messages", path: "/settings/messages" },
    { name: "settings-webhooks", path: "/settings/webhooks" },
    webhook ? { name: "settings-webhook", path: `/settings/webhooks/${webhook}` } : undefined,
    { name: "settings-support", path: "/settings/support" },
    ...(tenant
      ? [
          { name: "instance-tenants", path: "/instance/tenants" },
          { name: "instance-tenant", path: `/instance/tenants/${tenant}` },
          { name: "instance-users", path: "/instance/users" },
          { name: "instance-plans", path: "/instance/plans" },
          { name: "instance-sign-ins", path: "/instance/sign-ins" },
          { name: "instance-health", path: "/instance/health" },
          { name: "instance-erasures", path: "/instance/erasures" },
        ]
      : []),
    { name: "device", path: "/device" },
    { name: "oauth-consent", path: "/oauth/consent" },
    { name: "oauth-sign-out", path: "/oauth/sign-out" },
    { name: "notifications", path: "/notifications" },
    { name: "audit", path: "/audit" },
    { name: "audit-security", path: "/audit/security" },
    { name: "audit-sign-ins", path: "/audit/sign-ins" },
    { name: "audit-chain", path: "/audit/chain" },
    { name: "failed-jobs", path: "/failed-jobs" },
    { name: "mailbox", path: "/mailbox" },
    mail ? { name: "mail", path: `/mailbox/${mail}` } : undefined,
    { name: "not-found", path: "/no-such-page" },
  ];
  return screens.filter((screen) => screen !== undefined);
}

/** The public pages of an organizer, with a booking made to show the pages behind its link. */
export async function publicPages(space: Pick<Workspace, "api" | "slug" | "event">): Promise<Screen[]> {
  const free = await slots(space.api, space.event);
  // Far apart, so that the one stays free when the other is booked.
  const slot = free.at(-1);
  if (!slot) throw new Error(`${space.slug} has no free times`);
  const api = await visitor();
  const bookFirst = async (): Promise<{ start: string; manage_url: string }> => {
    const taken = free.shift();
    if (!taken) throw new Error(`${space.slug} has no free times left`);
    const response = await api.post(
      `/api/v1/public/organizers/${space.slug}/event-types/${space.event.slug}/bookings`,
      {
        data: {
          start: taken.start,
          timezone: "America/Sao_Paulo",
          name: "Paula Public",
          email: "paula@e2e.test",
        },
      },
    );
    // Another test may have been faster in the demo.
    if (response.status() === 409) return bookFirst();
    expect(response.status(), await response.text()).toBe(201);
    return { start: taken.start, ...((await response.json()) as { manage_url: string }) };
  };
  const made = await bookFirst();
  const manage = new URL(made.manage_url).pathname;
  const event = `/b/${space.slug}/${space.event.slug}`;
  const start = encodeURIComponent(slot.start);
  return [
    { name: "public-organizer", path: `/b/${space.slug}` },
    { name: "public-event", path: `${event}?tz=America/Sao_Paulo` },
    { name: "public-book", path: `${event}/book?start=${start}&tz=America/Sao_Paulo` },
    {
      name: "public-taken",
      path: `${event}/book?start=${encodeURIComponent(made.start)}&tz=America/Sao_Paulo`,
    },
    { name: "public-manage", path: manage },
    { name: "public-reschedule", path: `${manage}/reschedule` },
    { name: "public-not-found", path: "/b/nobody-at-all" },
  ].map((screen) => ({ ...screen, open: true }));
}
