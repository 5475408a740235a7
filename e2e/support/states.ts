/** Public pages in each of their states: with nothing to book, and a booking through all that can become of it. */
import { createHmac } from "node:crypto";
import { readFileSync } from "node:fs";
import { answer, type EventType, type Slot, signedIn, slots, visitor } from "./api";
import { ADMINISTRATOR } from "./instance";
import type { Screen } from "./routes";
import { keyFile } from "./settings";
import { emptyWorkspace, unique, type Workspace } from "./workspace";

/** Public pages of an organizer who offers nothing, and whose one event type, known by its address, has no hours. */
export async function barePages(): Promise<Screen[]> {
  const { api, slug } = await emptyWorkspace("Emma Empty", "Europe/Amsterdam");
  await answer(
    api.put("/api/v1/organizer", {
      data: { slug, display_name: "Emma Empty", timezone: "Europe/Amsterdam", welcome_message: "" },
    }),
  );
  const { items } = await answer<{ items: { id: string; name: string; version: number }[] }>(
    api.get("/api/v1/schedules"),
  );
  const [hours] = items;
  if (!hours) throw new Error("the new booking page has no hours");
  await answer(
    api.put(`/api/v1/schedules/${hours.id}`, {
      headers: { "If-Match": `"${hours.version}"` },
      data: { name: hours.name, timezone: "Europe/Amsterdam", rules: [], overrides: [] },
    }),
  );
  const make = (data: Record<string, unknown>) =>
    answer(
      api.post("/api/v1/event-types", { data: { duration_minutes: 30, location_type: "video", ...data } }),
      201,
    );
  await make({ name: "Never free", slug: "never-free", is_private: true });
  await make({ name: "Off", slug: "off", is_active: false });
  return [
    { name: "public-organizer-bare", path: `/b/${slug}` },
    { name: "public-event-bare", path: `/b/${slug}/never-free` },
    { name: "public-event-off", path: `/b/${slug}/off` },
    { name: "public-event-corrected", path: `/b/${slug}/never-free?tz=Mars/Base&date=2027-02-31` },
  ].map((screen) => ({ ...screen, open: true }));
}

/** The manage pages of bookings in every state that can be reached without waiting. */
export async function managePages(space: Workspace, visitorName = "Vera Visitor"): Promise<Screen[]> {
  const guest = await visitor();
  const asking = await answer<EventType>(
    space.api.post("/api/v1/event-types", {
      data: {
        name: "Studio visit",
        slug: unique("studio"),
        duration_minutes: 30,
        location_type: "in_person",
        location_details: "Prinsengracht 263, Amsterdam",
        requires_confirmation: true,
      },
    }),
    201,
  );
  const free = await slots(space.api, space.event);
  const next = (): Slot => {
    // Far apart, so that none takes another's place.
    const [slot] = free.splice(0, 4);
    if (!slot) throw new Error("no free time is left");
    return slot;
  };
  const book = async (
    name: string,
    event: EventType,
  ): Promise<{ manage: string; token: string; id: string }> => {
    const email = `${unique(name)}@e2e.test`;
    const made = await answer<{ manage_url: string }>(
      guest.post(`/api/v1/public/organizers/${space.slug}/event-types/${event.slug}/bookings`, {
        data: {
          start: next().start,
          timezone: "America/Sao_Paulo",
          name: visitorName,
          email,
          notes: "We would like to see the samples.\nThere will be three of us.",
        },
      }),
      201,
    );
    const manage = new URL(made.manage_url).pathname;
    const { items } = await answer<{ items: { id: string }[] }>(
      space.api.get("/api/v1/bookings", { params: { q: email } }),
    );
    return { manage, token: manage.split("/").at(-1) ?? "", id: items[0]?.id ?? "" };
  };
  const reason = { data: { reason: "I have to be in court that day, and cannot move it." } };

  const booked = await book("booked", space.event);
  const moved = await book("moved", space.event);
  await answer(
    guest.post(`/api/v1/public/bookings/${moved.token}/reschedulings`, { data: { start: next().start } }),
  );
  const cancelled = await book("cancelled", space.event);
  await answer(guest.post(`/api/v1/public/bookings/${cancelled.token}/cancellation`, { data: {} }));
  const withdrawn = await book("withdrawn", space.event);
  await answer(space.api.post(`/api/v1/bookings/${withdrawn.id}/cancellation`, reason));
  const pending = await book("pending", asking);
  const declined = await book("declined", asking);
  await answer(space.api.post(`/api/v1/bookings/${declined.id}/refusal`, reason));
  return Object.entries({ booked, moved, cancelled, withdrawn, pending, declined }).map(
    ([name, { manage }]) => ({ name: `manage-${name}`, path: manage, open: true }),
  );
}

/**
 * The manage pages of bookings of the demo that are over: held, and missed. Not each of them has a mail that holds its
 * link, so the links are made as the program makes them (scheduling/src/bookings/token.rs).
 */
export async function pastManagePages(): Promise<Screen[]> {
  const api = await signedIn(ADMINISTRATOR);
  const { tenant } = await answer<{ tenant: { id: string } }>(api.get("/api/v1/session"));
  const { items } = await answer<{ items: { id: string; status: string }[] }>(
    api.get("/api/v1/bookings", { params: { view: "past" } }),
  );
  const [, hex = ""] = /^\d+:([0-9a-f]{64})$/m.exec(readFileSync(keyFile(), "utf8")) ?? [];
  const bytes = (uuid: string) => Buffer.from(uuid.replaceAll("-", ""), "hex");
  const mac = (key: Buffer, ...parts: (string | Buffer)[]) =>
    parts.reduce((hmac, part) => hmac.update(part), createHmac("sha256", key)).digest();
  const derived = mac(Buffer.from(hex, "hex"), "atrium derive v1 booking link");
  const pageOf = (name: string, statuses: string[]): Screen => {
    const booking = items.find((item) => statuses.includes(item.status));
    if (!booking) throw new Error(`the demo has no booking that is over and ${statuses}`);
    const secret = mac(derived, bytes(tenant.id), bytes(booking.id)).subarray(0, 24);
    const token = Buffer.concat([bytes(tenant.id), secret]).toString("base64url");
    return { name: `manage-${name}`, path: `/b/m/${token}`, open: true };
  };
  // A job notes after a while that what was confirmed has been held.
  return [pageOf("past", ["confirmed", "completed"]), pageOf("missed", ["no_show"])];
}

/** The same pages in another language. */
export function inLanguage(screens: Screen[], tag: string): Screen[] {
  return screens.map((screen) => ({
    ...screen,
    name: `${screen.name}-${tag}`,
    path: `${screen.path}${screen.path.includes("?") ? "&" : "?"}lang=${tag}`,
  }));
}
