/** An event as a sentence in the reader's language. */
import type { Catalogue } from "@/i18n/en";

/** `who` comes from the event's own facts, where it names somebody. */
export function eventText(kind: string, facts: Record<string, unknown>, t: Catalogue): string {
  const who = ["invitee_name", "name", "email", "display_name"]
    .map((key) => facts[key])
    .find((value): value is string => typeof value === "string" && value !== "");
  const text = t.events[kind as keyof Catalogue["events"]];
  if (!text) return readable(kind);
  return text(who ?? "");
}

/** `event_type.archived` as "event type archived": better than nothing for a kind newer than this screen. */
export function readable(kind: string): string {
  return kind.replace(/[._]/g, " ");
}

/** Who did it; those without an account have a name of the audit trail's own, in English. */
export function actorName(
  actor: { id?: string | null; name: string; is_erased?: boolean } | null | undefined,
  t: Catalogue,
): string {
  if (actor?.is_erased) return t.audit.erasedPerson;
  if (actor?.id) return actor.name;
  return actor?.name === "visitor" ? t.audit.visitor : t.audit.system;
}

/** The word for a value that the server may extend: ours where we have one, else the value itself. */
export function wordFor(words: Record<string, string>, value: string): string {
  return words[value] ?? readable(value);
}
