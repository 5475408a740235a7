/** Workspaces of the tests' own, so that no test sees what another one does. */
import { randomBytes } from "node:crypto";
import type { APIRequestContext } from "@playwright/test";
import { answer, type EventType, linkIn, mailTo, type Slot, signedIn, visitor } from "./api";
import { type Account, ADMINISTRATOR } from "./instance";

export interface Workspace {
  owner: Account & { name: string };
  /** Signed in as the owner. */
  api: APIRequestContext;
  slug: string;
  page: string;
  event: EventType;
}

export const PASSWORD = "correct horse battery staple 7";

export function unique(word: string): string {
  return `${word}-${randomBytes(4).toString("hex")}`;
}

/** A new workspace in which nothing is set up. */
export async function emptyWorkspace(
  name: string,
  timezone: string,
  company?: string,
): Promise<Omit<Workspace, "page" | "event">> {
  const slug = unique("olga");
  const owner = { email: `${slug}@e2e.test`, password: PASSWORD, name };
  const api = await visitor();
  await answer(
    api.post("/api/v1/registrations", {
      data: { ...owner, tenant_name: company ?? `Company ${slug}`, timezone, locale: "en" },
    }),
    202,
  );
  const link = linkIn(await mailTo(owner.email), "/verify-email");
  const token = new URL(link).searchParams.get("token");
  await answer(api.post("/api/v1/email-verifications", { data: { token, password: PASSWORD } }), 201);
  return { owner, api, slug };
}

/** A new workspace with a booking page, open on all days from nine to five. */
export async function workspace(
  options: { name?: string; zone?: string; company?: string; eventType?: string } = {},
): Promise<Workspace> {
  const timezone = options.zone ?? "Europe/Amsterdam";
  const space = await emptyWorkspace(options.name ?? "Olga Organizer", timezone, options.company);
  const who = { slug: space.slug, name: space.owner.name, timezone, eventType: options.eventType };
  return { ...space, ...(await bookable(space.api, who)) };
}

export interface Colleague {
  api: APIRequestContext;
  email: string;
}

/** Another organizer of the workspace, with office hours in Amsterdam; answers what he or she asks with. */
export async function colleague(space: Pick<Workspace, "api">, name: string): Promise<Colleague> {
  const slug = unique("colleague");
  const email = `${slug}@e2e.test`;
  const roles = await answer<{ items: { id: string; name: string }[] }>(space.api.get("/api/v1/roles"));
  const role = roles.items.find(({ name }) => name === "contributor");
  await answer(space.api.post("/api/v1/invitations", { data: { email, role_id: role?.id } }), 201);
  const link = new URL(linkIn(await mailTo(email), "/invitation"));
  const token = new URLSearchParams(link.hash.slice(1)).get("token");
  const stranger = await visitor();
  const data = { token, name, password: PASSWORD };
  await answer(stranger.post("/api/v1/invitation-acceptances", { data }), 201);
  const api = await signedIn({ email, password: PASSWORD });
  const page = { slug, display_name: name, timezone: "Europe/Amsterdam" };
  await answer(api.put("/api/v1/organizer", { data: page }));
  return { api, email };
}

/** The demo's workspace, full of data, which all tests share. */
export async function demoWorkspace(): Promise<Pick<Workspace, "api" | "slug" | "event">> {
  const api = await signedIn(ADMINISTRATOR);
  const { items } = await answer<{ items: EventType[] }>(api.get("/api/v1/event-types"));
  const event = items.find((type) => type.slug === "intro-call");
  if (!event) throw new Error("the demo has no intro call");
  // The demo sends nothing to others; a webhook that hears of next to nothing lets its screen be seen.
  const webhooks = await answer<{ items: unknown[] }>(api.get("/api/v1/webhook-endpoints"));
  if (webhooks.items.length === 0) {
    const data = { url: "https://hooks.invalid/atrium", kinds: ["schedule.deleted"] };
    await answer(api.post("/api/v1/webhook-endpoints", { data }), 201);
  }
  const workflows = await answer<{ items: unknown[] }>(api.get("/api/v1/workflows"));
  if (workflows.items.length === 0) {
    const templates = await answer<{ items: { name: string; trigger: string; steps: unknown[] }[] }>(
      api.get("/api/v1/workflow-templates"),
    );
    const { name, trigger, steps } = templates.items[0] ?? {};
    await answer(api.post("/api/v1/workflows", { data: { name, trigger, delay_minutes: 1440, steps } }), 201);
  }
  return { api, slug: "ana-jansen", event };
}

/** Gives the signed-in member a booking page with hours and an event type. */
async function bookable(
  api: APIRequestContext,
  who: { slug: string; name: string; timezone: string; eventType?: string | undefined },
): Promise<Pick<Workspace, "slug" | "page" | "event">> {
  const organizer = await answer<{ public_url: string }>(
    api.put("/api/v1/organizer", {
      data: {
        slug: who.slug,
        // A page's name is shorter than a person's may be.
        display_name: who.name.slice(0, 100),
        timezone: who.timezone,
        welcome_message: "Pick a time.",
      },
    }),
  );
  // The page comes with office hours; here all days are open, so that a test never runs on a day without times.
  const { items } = await answer<{ items: { id: string; name: string; version: number }[] }>(
    api.get("/api/v1/schedules"),
  );
  const [hours] = items;
  if (!hours) throw new Error("the new booking page has no hours");
  await answer(
    api.put(`/api/v1/schedules/${hours.id}`, {
      headers: { "If-Match": `"${hours.version}"` },
      data: {
        name: hours.name,
        timezone: who.timezone,
        rules: ["mon", "tue", "wed", "thu", "fri", "sat", "sun"].map((day) => ({
          day,
          start: "09:00",
          end: "17:00",
        })),
        overrides: [],
      },
    }),
  );
  const event = await answer<EventType>(
    api.post("/api/v1/event-types", {
      data: {
        name: who.eventType ?? "Intro call",
        slug: "intro-call",
        duration_minutes: 30,
        location_type: "video",
      },
    }),
    201,
  );
  await answer(
    api.patch("/api/v1/tenant", { headers: { "If-Match": "*" }, data: { onboarding_status: "completed" } }),
  );
  return { slug: who.slug, page: organizer.public_url, event };
}

/** Books as a visitor would, over the public API. */
export async function book(
  space: Workspace,
  slot: Slot,
  visitorData: { name: string; email: string },
): Promise<void> {
  const api = await visitor();
  await answer(
    api.post(`/api/v1/public/organizers/${space.slug}/event-types/${space.event.slug}/bookings`, {
      data: { start: slot.start, timezone: "America/Sao_Paulo", ...visitorData },
    }),
    201,
  );
  await api.dispose();
}
