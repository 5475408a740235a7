/** Who is signed in, what they may do, and how to change that. */
import { type QueryClient, queryOptions, useQuery } from "@tanstack/react-query";
import { createContext, useContext, useMemo } from "react";
import { keys } from "@/api/cache";
import { api, take } from "@/api/client";
import { asProblem } from "@/api/problem";
import type { Session } from "@/api/types";
import { useLanguage } from "@/i18n";
import { clearDrafts } from "@/shared/draft";
import { browserZone, type Formats, formatsFor } from "@/shared/time";

/** The session, or null for a visitor. */
export const sessionQuery = queryOptions({
  queryKey: [keys.session],
  queryFn: async (): Promise<Session | null> => {
    try {
      return await take(api.GET("/api/v1/session"));
    } catch (error) {
      if (asProblem(error).status === 401) return null;
      throw error;
    }
  },
  staleTime: 60_000,
});

/** Set by the frame, so that its screens leave together with the session and never see it missing. */
export const SessionContext = createContext<Session | null>(null);

export function useSession(): Session {
  const session = useContext(SessionContext);
  if (!session) throw new Error("useSession is for screens behind the sign-in");
  return session;
}

/** Whether the session holds a permission: of any scope, or for a record of the owner named. */
export function mayDo(session: Session, codename: string, owner?: string): boolean {
  return session.permissions.some(
    (grant) =>
      grant.codename === codename &&
      (owner === undefined || grant.scope === "all" || owner === session.user.id),
  );
}

/** The same for the reader. The server has the last word. */
/** Whether the session holds it for all records, and not for one's own alone. */
export function useMayAll(): (codename: string) => boolean {
  const session = useSession();
  return (codename) =>
    session.permissions.some((grant) => grant.codename === codename && grant.scope === "all");
}

export function useMay(): (codename: string, owner?: string) => boolean {
  const session = useSession();
  return (codename, owner) => mayDo(session, codename, owner);
}

/**
 * The tag for dates and numbers: the member's own where it names a region, else the browser's region for
 * that language, so that "en" in Amsterdam reads 14:00 and not 2:00 PM.
 */
export function regionalTag(own: string, shown: string, browser: readonly string[]): string {
  const language = (tag: string) => tag.toLowerCase().split("-")[0];
  if (language(own) === language(shown) && own.includes("-")) return own;
  return browser.find((tag) => language(tag) === language(shown)) ?? shown;
}

/** Formatters in the reader's locale and zone. */
export function useFormats(): Formats {
  const { data } = useQuery(sessionQuery);
  const { locale } = useLanguage();
  const tag = regionalTag(data?.user.locale ?? locale, locale, navigator.languages);
  const zone = data?.user.timezone ?? browserZone();
  return useMemo(() => formatsFor(tag, zone), [tag, zone]);
}

const channel = typeof BroadcastChannel === "undefined" ? null : new BroadcastChannel("atrium.session");

/** Called in this tab when another one signed in, out, or into another tenant. */
export function onSessionElsewhere(run: () => void): () => void {
  if (!channel) return () => {};
  channel.addEventListener("message", run);
  return () => channel.removeEventListener("message", run);
}

/** Has the other tabs ask for the session anew. */
export function tellElsewhere(): void {
  channel?.postMessage("changed");
}

/** Starts anew with a session just received: nothing cached for another tenant or user remains. */
export function enter(client: QueryClient, session: Session): void {
  client.removeQueries({ predicate: (query) => query.queryKey[0] !== keys.session });
  client.setQueryData(sessionQuery.queryKey, session);
  tellElsewhere();
}

export async function signOut(client: QueryClient): Promise<void> {
  await take(api.DELETE("/api/v1/session"));
  clearDrafts();
  leave(client);
  tellElsewhere();
}

/** Forgets the session in this tab. What is still on screen stays until it is left: it would be asked for anew. */
export function leave(client: QueryClient): void {
  client.setQueryData(sessionQuery.queryKey, null);
  client.removeQueries({
    predicate: (query) => query.queryKey[0] !== keys.session && query.getObserversCount() === 0,
  });
}
