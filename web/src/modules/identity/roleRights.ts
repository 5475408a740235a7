/** What roles allow and how far it reaches, as the screens choose and explain it. */
import type { EffectivePermission, Grant, Permission, Role } from "@/api/types";
import type { Catalogue } from "@/i18n/en";
import { wordFor } from "@/shared/eventText";
import { actionName, areaName } from "./accessTokens";
import { roleName } from "./roleName";

/** From nothing to all records. */
export const REACHES = ["none", "own", "all"] as const;
export type Reach = (typeof REACHES)[number];

export function reaches(a: Reach, b: Reach): boolean {
  return REACHES.indexOf(a) >= REACHES.indexOf(b);
}

export function reachOf(grants: readonly Grant[], codename: string): Reach {
  const scopes = grants.filter((grant) => grant.codename === codename).map((grant) => grant.scope);
  return scopes.includes("all") ? "all" : (scopes[0] ?? "none");
}

/** Whether whoever holds `held` may give all of `wanted`: nobody gives more than he or she has. */
export function covers(held: readonly Grant[], wanted: readonly Grant[]): boolean {
  return wanted.every((grant) => reaches(reachOf(held, grant.codename), grant.scope));
}

/** The grants with one permission set; what is had anyway is not granted again. */
export function withReach(
  grants: readonly Grant[],
  inherited: readonly Grant[],
  codename: string,
  reach: Reach,
): Grant[] {
  const others = grants.filter((grant) => grant.codename !== codename);
  if (reach === "none" || reaches(reachOf(inherited, codename), reach)) return others;
  return [...others, { codename, scope: reach }];
}

/** Those that reach further than what is inherited. */
export function beyond(grants: readonly Grant[], inherited: readonly Grant[]): Grant[] {
  return grants.filter((grant) => !reaches(reachOf(inherited, grant.codename), grant.scope));
}

export interface Choice {
  value: Reach;
  disabled: boolean;
}

/** How far a permission can be set: not below what is inherited, nor beyond what one holds oneself. */
export function choicesOf(permission: Permission, inherited: Reach, held: Reach, now: Reach): Choice[] {
  return REACHES.filter((value) => value !== "own" || permission.has_own || now === "own").map((value) => ({
    value,
    disabled: value !== now && (!reaches(value, inherited) || !reaches(held, value)),
  }));
}

export interface Category {
  name: string;
  permissions: Permission[];
}

/** By their headings, in the order of the words for what they are about. */
export function categoriesOf(permissions: readonly Permission[], t: Catalogue): Category[] {
  const place = (words: object, name: string) => {
    const at = Object.keys(words).indexOf(name);
    return at < 0 ? Number.POSITIVE_INFINITY : at;
  };
  const sorted = [...permissions].sort(
    (a, b) =>
      place(t.roles.resources, a.resource) - place(t.roles.resources, b.resource) ||
      place(t.roles.actions, a.action) - place(t.roles.actions, b.action),
  );
  const names = [...new Set(sorted.map((permission) => permission.category))];
  return names
    .map((name) => ({ name, permissions: sorted.filter((permission) => permission.category === name) }))
    .sort((a, b) => place(t.roles.categories, a.name) - place(t.roles.categories, b.name));
}

export function categoryName(category: string, t: Catalogue): string {
  return wordFor(t.roles.categories, category);
}

/** "Contacts: change" */
export function permissionName(permission: Pick<Permission, "codename" | "resource">, t: Catalogue): string {
  return `${areaName(permission.resource, t)}: ${actionName(permission.codename, t).toLocaleLowerCase()}`;
}

/** "All: Desk lead › Front desk", or that it was given to the member. */
export function sourceText(source: EffectivePermission["sources"][number], t: Catalogue): string {
  const from = source.path.map((role) => roleName(role.name, t)).join(" › ");
  return `${t.roles.reaches[source.scope]}: ${from || t.roles.given}`;
}

/** The role and those above it, from itself up. */
export function lineOf(role: Role, roles: readonly Role[]): Role[] {
  const line = [role];
  for (let next = role.parent_id; next; ) {
    const parent = roles.find((one) => one.id === next);
    if (!parent || line.includes(parent)) break;
    line.push(parent);
    next = parent.parent_id;
  }
  return line;
}

/** Roles that can stand above this one: all but itself and those that build upon it. */
export function parentsFor(role: Role | undefined, roles: readonly Role[]): Role[] {
  return roles.filter((one) => !role || !lineOf(one, roles).some((above) => above.id === role.id));
}
