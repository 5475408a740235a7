/** What the administration of the instance reads. */
import { queryOptions } from "@tanstack/react-query";
import { keys } from "@/api/cache";
import { api, take } from "@/api/client";

export const tenantQuery = (id: string) =>
  queryOptions({
    queryKey: [keys.instance, "tenant", id],
    queryFn: () => take(api.GET("/api/v1/admin/tenants/{id}", { params: { path: { id } } })),
  });

/** The leases by which one may enter a workspace, and what one asked for. */
export const leasesQuery = (tenant_id: string) =>
  queryOptions({
    queryKey: [keys.instance, "leases", tenant_id],
    queryFn: () => take(api.GET("/api/v1/admin/support-leases", { params: { query: { tenant_id } } })),
  });

export const plansQuery = queryOptions({
  queryKey: [keys.instance, "plans"],
  queryFn: () => take(api.GET("/api/v1/admin/plans")),
});

export const userQuery = (email: string) =>
  queryOptions({
    queryKey: [keys.instance, "user", email],
    queryFn: async () => {
      const { user } = await take(api.GET("/api/v1/admin/user-lookup", { params: { query: { email } } }));
      if (!user) return null;
      return take(api.GET("/api/v1/admin/users/{id}", { params: { path: { id: user.id } } }));
    },
  });

export const healthQuery = queryOptions({
  queryKey: [keys.instance, "health"],
  queryFn: () => take(api.GET("/api/v1/admin/health")),
  refetchInterval: 30_000,
});
