/** What an access token may do and how long, as the screen tells it. */
import type { Catalogue } from "@/i18n/en";
import { wordFor } from "@/shared/eventText";

/** Days that a token may live. */
export const EXPIRIES = ["30", "90", "365", "never"] as const;
export type Expiry = (typeof EXPIRIES)[number];

const DAY = 86_400_000;
/** Time enough to give the program a new one. */
const SOON = 7 * DAY;

export function expiryAt(expiry: Expiry, now: Date): string | null {
  return expiry === "never" ? null : new Date(now.getTime() + Number(expiry) * DAY).toISOString();
}

export function expiryState(expiresAt: string | null | undefined, now: Date): "far" | "soon" | "expired" {
  if (!expiresAt) return "far";
  const left = Date.parse(expiresAt) - now.getTime();
  if (left <= 0) return "expired";
  return left <= SOON ? "soon" : "far";
}

/** The permissions of one kind of record. */
export interface Area {
  resource: string;
  codenames: string[];
}

export function actionOf(codename: string): string {
  return codename.slice(codename.indexOf(":") + 1);
}

export function reads(codename: string): boolean {
  return actionOf(codename) === "read";
}

/** Permissions by what they are about, in the order of the words for it; kinds without a word come last. */
export function areasOf(codenames: readonly string[], t: Catalogue): Area[] {
  const areas = new Map<string, string[]>();
  for (const codename of codenames) {
    const resource = codename.slice(0, codename.indexOf(":"));
    areas.set(resource, [...(areas.get(resource) ?? []), codename]);
  }
  const by =
    <T>(words: object, nameOf: (item: T) => string) =>
    (a: T, b: T) => {
      const [place, other] = [a, b].map((item) => {
        const at = Object.keys(words).indexOf(nameOf(item));
        return at < 0 ? Number.POSITIVE_INFINITY : at;
      }) as [number, number];
      return place === other ? nameOf(a).localeCompare(nameOf(b)) : place - other;
    };
  return [...areas]
    .map(([resource, held]) => ({ resource, codenames: held.sort(by(t.roles.actions, actionOf)) }))
    .sort(by(t.roles.resources, (area) => area.resource));
}

export function areaName(resource: string, t: Catalogue): string {
  return wordFor(t.roles.resources, resource);
}

export function actionName(codename: string, t: Catalogue): string {
  return wordFor(t.roles.actions, actionOf(codename));
}

/** Names told one by one before the rest is only counted. */
const NAMED = 3;

/** "May change: Contacts", "May see: Bookings, Event types, and 4 more". */
export function summaryOf(scopes: readonly string[], t: Catalogue, locale: string): string[] {
  const areas = areasOf(scopes, t);
  const list = (some: Area[]) => {
    const names = some.map((area) => areaName(area.resource, t));
    const rest = names.length - NAMED;
    // One more name takes no more room than its number.
    const told = rest > 1 ? [...names.slice(0, NAMED), t.tokens.more(rest)] : names;
    return new Intl.ListFormat(locale).format(told);
  };
  const changed = areas.filter((area) => !area.codenames.every(reads));
  const seen = areas.filter((area) => area.codenames.every(reads));
  return [
    ...(changed.length > 0 ? [t.tokens.mayChange(list(changed))] : []),
    ...(seen.length > 0 ? [t.tokens.maySee(list(seen))] : []),
  ];
}
