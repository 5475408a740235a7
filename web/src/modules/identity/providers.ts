/** The way through another company's sign-in page and back: what this tab keeps meanwhile. */
import { queryOptions } from "@tanstack/react-query";
import { api, take } from "@/api/client";
import type { ProviderIntent, UnknownIdentity } from "@/api/types";

export const signInOptionsQuery = queryOptions({
  queryKey: ["sign-in-options"],
  queryFn: () => take(api.GET("/api/v1/sign-in-options")),
  staleTime: 5 * 60_000,
});

const NEXT = "atrium-provider-next";
const IDENTITY = "atrium-identity";

/** Leaves for the provider; `next` is where one goes on afterwards. */
export async function leaveFor(
  provider: string,
  intent: ProviderIntent,
  remember: boolean,
  next?: string,
  /** The slug of the workspace whose own provider it is. */
  workspace?: string,
) {
  const body = { provider, intent, remember, workspace: workspace ?? null };
  const { url } = await take(api.POST("/api/v1/sessions/provider/options", { body }));
  sessionStorage.setItem(NEXT, next ?? "/");
  window.location.assign(url);
  // What comes next is another page.
  return new Promise<never>(() => {});
}

/** A path of ours: what another site could have put there is not followed. */
export function nextPath(): string {
  const next = sessionStorage.getItem(NEXT) ?? "/";
  return /^\/(?![/\\])/.test(next) ? next : "/";
}

/** Somebody who came back and is known to nobody here, until it is linked, used to sign up, or too old. */
export function waitingIdentity(): UnknownIdentity | null {
  const kept = sessionStorage.getItem(IDENTITY);
  const identity = kept ? (JSON.parse(kept) as UnknownIdentity) : null;
  if (identity && Date.parse(identity.expires_at) > Date.now()) return identity;
  keepIdentity(null);
  return null;
}

export function keepIdentity(identity: UnknownIdentity | null) {
  if (identity) sessionStorage.setItem(IDENTITY, JSON.stringify(identity));
  else sessionStorage.removeItem(IDENTITY);
}

/** Links what waits to the account that was just signed in to; answers the provider's name. */
export async function linkWaiting(): Promise<string | null> {
  const identity = waitingIdentity();
  if (!identity) return null;
  keepIdentity(null);
  await take(api.POST("/api/v1/me/identities", { body: { token: identity.token } }));
  return identity.provider;
}
