/** What an app asks for, in words. */
import type { Catalogue } from "@/i18n/en";
import { actionName, areaName, areasOf } from "../accessTokens";

/** Scopes that are no permission, in the order in which they are told. */
export const OPENID = ["openid", "profile", "email", "offline_access"] as const;
type OpenId = (typeof OPENID)[number];

export function isOpenId(scope: string): scope is OpenId {
  return (OPENID as readonly string[]).includes(scope);
}

/** Scopes in the order and the words in which a person chooses among them: each by itself. */
export function choicesOf(scopes: readonly string[], t: Catalogue): { scope: string; label: string }[] {
  const person = OPENID.filter((scope) => scopes.includes(scope)).map((scope) => ({
    scope: scope as string,
    label: t.oauth.scopes[scope],
  }));
  const areas = areasOf(
    scopes.filter((scope) => !isOpenId(scope)),
    t,
  );
  const work = areas.flatMap(({ resource, codenames }) =>
    codenames.map((scope) => ({
      scope,
      label: `${areaName(resource, t)}: ${actionName(scope, t).toLocaleLowerCase()}`,
    })),
  );
  return [...person, ...work];
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
