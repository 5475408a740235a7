import { queryOptions } from "@tanstack/react-query";
import { keys } from "@/api/cache";
import { api, take } from "@/api/client";

export const workflowsQuery = queryOptions({
  queryKey: [keys.workflows],
  queryFn: ({ signal }) => take(api.GET("/api/v1/workflows", { signal })),
});

export const workflowQuery = (id: string) =>
  queryOptions({
    queryKey: [keys.workflows, id],
    queryFn: ({ signal }) => take(api.GET("/api/v1/workflows/{id}", { params: { path: { id } }, signal })),
  });

export const workflowOptionsQuery = queryOptions({
  queryKey: [keys.workflows, "options"],
  queryFn: ({ signal }) => take(api.GET("/api/v1/workflow-options", { signal })),
  staleTime: Number.POSITIVE_INFINITY,
});

export const workflowTemplatesQuery = queryOptions({
  queryKey: [keys.workflows, "templates"],
  queryFn: ({ signal }) => take(api.GET("/api/v1/workflow-templates", { signal })),
});
