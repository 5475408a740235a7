/** What the contact screens read. */
import { queryOptions } from "@tanstack/react-query";
import { keys } from "@/api/cache";
import { api, take } from "@/api/client";
import type { Contact } from "@/api/types";
import { pagesOf } from "@/shared/pages";

export interface ContactFilter {
  q?: string;
  lifecycle?: Contact["lifecycle"];
  sort?: string;
}

export function contactsQuery(filter: ContactFilter) {
  return pagesOf([keys.contacts, "list", filter], (cursor, signal) =>
    take(api.GET("/api/v1/contacts", { params: { query: { ...filter, cursor, limit: 50 } }, signal })),
  );
}

export function contactQuery(id: string) {
  return queryOptions({
    queryKey: [keys.contacts, "one", id],
    queryFn: () => take(api.GET("/api/v1/contacts/{id}", { params: { path: { id } } })),
  });
}
