/** What the screens of a workspace's own providers read. */
import { queryOptions } from "@tanstack/react-query";
import { keys } from "@/api/cache";
import { api, take } from "@/api/client";

export const companyProvidersQuery = queryOptions({
  queryKey: [keys.companyProviders],
  queryFn: () => take(api.GET("/api/v1/tenant/sign-in-providers")),
});

export const domainsQuery = queryOptions({
  queryKey: [keys.mailDomains],
  queryFn: () => take(api.GET("/api/v1/tenant/domains")),
});

export const companyIdentitiesQuery = queryOptions({
  queryKey: [keys.companyIdentities],
  queryFn: () => take(api.GET("/api/v1/me/company-identities")),
});

/** The page of sign-in of one workspace. */
export const workspaceSignInQuery = (slug: string) =>
  queryOptions({
    queryKey: ["sign-in-options", slug],
    queryFn: () => take(api.GET("/api/v1/sign-in-options/{slug}", { params: { path: { slug } } })),
    retry: false,
  });
