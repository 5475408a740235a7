/** What the identity screens read. */
import { queryOptions } from "@tanstack/react-query";
import { keys } from "@/api/cache";
import { api, take } from "@/api/client";

export const rolesQuery = queryOptions({
  queryKey: [keys.roles],
  queryFn: () => take(api.GET("/api/v1/roles")),
  staleTime: 5 * 60_000,
});

export const permissionsQuery = queryOptions({
  queryKey: [keys.roles, "permissions"],
  queryFn: () => take(api.GET("/api/v1/permissions")),
  staleTime: 60 * 60_000,
});

export const memberQuery = (id: string) =>
  queryOptions({
    queryKey: [keys.members, "one", id],
    queryFn: () => take(api.GET("/api/v1/members/{user_id}", { params: { path: { user_id: id } } })),
  });

/** What a member may do, and what gives each of it. */
export const memberPermissionsQuery = (id: string) =>
  queryOptions({
    queryKey: [keys.members, "permissions", id],
    queryFn: () =>
      take(api.GET("/api/v1/members/{user_id}/permissions", { params: { path: { user_id: id } } })),
  });

export const meQuery = queryOptions({
  queryKey: [keys.me],
  queryFn: () => take(api.GET("/api/v1/me")),
});

export const emailChangeQuery = queryOptions({
  queryKey: [keys.emailChange],
  queryFn: () => take(api.GET("/api/v1/me/email-change")),
});

/** Asked again while one is being made. */
export const exportsQuery = queryOptions({
  queryKey: [keys.exports],
  queryFn: () => take(api.GET("/api/v1/me/exports")),
  refetchInterval: (query) => (query.state.data?.items.some((one) => one.status === "queued") ? 3000 : false),
});

export const consentsQuery = queryOptions({
  queryKey: [keys.consents],
  queryFn: () => take(api.GET("/api/v1/me/consents", { params: { query: { limit: 100 } } })),
});

export const ownershipQuery = queryOptions({
  queryKey: [keys.ownership],
  queryFn: () => take(api.GET("/api/v1/ownership-offer")),
});

export const possibleOwnersQuery = queryOptions({
  queryKey: [keys.members, "possible owners"],
  queryFn: () => take(api.GET("/api/v1/members", { params: { query: { status: "active", limit: 100 } } })),
});

/** Everybody whose acts the trail may name; the first hundred, as others are found by the search. */
export const actorsQuery = queryOptions({
  queryKey: [keys.members, "actors"],
  queryFn: () => take(api.GET("/api/v1/members", { params: { query: { limit: 100 } } })),
});

export const tenantQuery = queryOptions({
  queryKey: [keys.tenant],
  queryFn: () => take(api.GET("/api/v1/tenant")),
});

/** With the version of the workspace, by which it is changed. */
export const securityPolicyQuery = queryOptions({
  queryKey: [keys.securityPolicy],
  queryFn: () => take(api.GET("/api/v1/tenant/security-policy")),
});

/** No more than fit a page may be had. */
export const accessTokensQuery = queryOptions({
  queryKey: [keys.accessTokens],
  queryFn: () => take(api.GET("/api/v1/access-tokens", { params: { query: { limit: 100 } } })),
});

export const sessionsQuery = queryOptions({
  queryKey: [keys.sessions],
  queryFn: () => take(api.GET("/api/v1/sessions", { params: { query: { limit: 100 } } })),
});

/** One's accounts of other companies, and whether there is a password. */
export const identitiesQuery = queryOptions({
  queryKey: [keys.identities],
  queryFn: () => take(api.GET("/api/v1/me/identities")),
});

export const secondFactorsQuery = queryOptions({
  queryKey: [keys.secondFactors],
  queryFn: () => take(api.GET("/api/v1/me/second-factors")),
});

/** The plan, how it stands, and how much of it is used. */
export const subscriptionQuery = queryOptions({
  queryKey: [keys.subscription],
  queryFn: () => take(api.GET("/api/v1/tenant/subscription")),
});

export const domainsQuery = queryOptions({
  queryKey: [keys.domains],
  queryFn: () => take(api.GET("/api/v1/custom-domains")),
});
