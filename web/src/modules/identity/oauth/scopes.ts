/** What an app asks for, in words. */
import type { Catalogue } from "@/i18n/en";
import { actionName, areaName, areasOf } from "../accessTokens";

/** Scopes that are no permission, in the order in which they are told. */
export const OPENID = ["openid", "profile", "email", "offline_access"] as const;
type OpenId = (typeof OPENID)[number];

export function isOpenId(scope: string): scope is OpenId {
  return (OPENID as readonly string[]).includes(scope);
}

/** One line for each thing that is asked for: who one is first, then "Contacts: see, change". */
export function linesOf(scopes: readonly string[], t: Catalogue): string[] {
  const person = OPENID.filter((scope) => scopes.includes(scope)).map((scope) => t.oauth.scopes[scope]);
  const areas = areasOf(
    scopes.filter((scope) => !isOpenId(scope)),
    t,
  );
  const work = areas.map(({ resource, codenames }) => {
    const actions = codenames.map((codename) => actionName(codename, t).toLocaleLowerCase());
    return `${areaName(resource, t)}: ${actions.join(", ")}`;
  });
  return [...person, ...work];
}
