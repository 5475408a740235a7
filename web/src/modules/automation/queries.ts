import { queryOptions } from "@tanstack/react-query";
import { keys } from "@/api/cache";
import { api, take } from "@/api/client";

export const webhooksQuery = queryOptions({
  queryKey: [keys.webhooks],
  queryFn: ({ signal }) => take(api.GET("/api/v1/webhook-endpoints", { signal })),
});

export const webhookQuery = (id: string) =>
  queryOptions({
    queryKey: [keys.webhooks, id],
    queryFn: ({ signal }) =>
      take(api.GET("/api/v1/webhook-endpoints/{id}", { params: { path: { id } }, signal })),
  });

export const webhookKindsQuery = queryOptions({
  queryKey: [keys.webhooks, "kinds"],
  queryFn: ({ signal }) => take(api.GET("/api/v1/webhook-event-kinds", { signal })),
  staleTime: Number.POSITIVE_INFINITY,
});
