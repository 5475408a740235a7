/** A notification as a sentence in the reader's language. */
import type { Notification } from "@/api/types";
import type { Catalogue } from "@/i18n/en";
import { roleName } from "@/modules/identity/roleName";
import { readable, wordFor } from "@/shared/eventText";
import type { Formats } from "@/shared/time";

type Told = Pick<Notification, "kind" | "actor" | "person"> & { facts: Record<string, unknown> };

function text(value: unknown): string {
  return typeof value === "string" ? value : "";
}

function whatOf({ kind, facts }: Told, t: Catalogue, f: Pick<Formats, "date">): string {
  if (kind.endsWith("suspicious") || kind.endsWith("suspicious_activity")) {
    return wordFor(t.notifications.suspicions, text(facts.kind));
  }
  if (Array.isArray(facts.roles)) return facts.roles.map((role) => roleName(text(role), t)).join(", ");
  if (facts.scheduled_at) return f.date(text(facts.scheduled_at));
  return [facts.title, facts.event_type, facts.name, facts.client, facts.task].map(text).find(Boolean) ?? "";
}

/** Whom it concerns where it names somebody; else who did it. */
function whoOf({ facts, actor, person }: Told, t: Catalogue): string {
  return (
    [facts.invitee, facts.email].map(text).find(Boolean) ??
    person?.name ??
    actor?.name ??
    t.notifications.somebody
  );
}

/** These say what the actor does to or for the person, who is the reader or the workspace. */
const BY_ACTOR = ["ownership.offered"];

export function notificationText(told: Told, t: Catalogue, f: Pick<Formats, "date">): string {
  const sentence = t.notifications.kinds[told.kind as keyof Catalogue["notifications"]["kinds"]] as
    | ((who: string, what: string) => string)
    | undefined;
  if (!sentence) return t.notifications.other(readable(told.kind));
  const who = BY_ACTOR.includes(told.kind) ? whoOf({ ...told, person: null }, t) : whoOf(told, t);
  return sentence(who, whatOf(told, t, f));
}

/** When the booking is, and which member changed it: what the sentence leaves out. */
export function notificationDetail(
  { kind, facts, actor }: Told,
  t: Catalogue,
  f: Pick<Formats, "dateTime">,
): string {
  if (!kind.startsWith("booking.")) return "";
  const start = text(facts.start);
  return [start ? f.dateTime(start) : "", actor ? t.notifications.by(actor.name) : ""]
    .filter(Boolean)
    .join(" · ");
}
