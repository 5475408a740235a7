/** Apps of the workspace and of the instance: the same operations at two addresses. */
import { keys } from "@/api/cache";
import { api, take } from "@/api/client";
import type { NewOAuthClient, OAuthClient, OAuthClientChanges } from "@/api/types";

export interface Realm {
  key: string;
  list: () => Promise<{ items: OAuthClient[] }>;
  create: (body: NewOAuthClient) => Promise<OAuthClient & { client_secret?: string | null }>;
  change: (app: OAuthClient, body: OAuthClientChanges) => Promise<OAuthClient>;
  renew: (app: OAuthClient) => Promise<OAuthClient & { client_secret?: string | null }>;
  remove: (app: OAuthClient) => Promise<unknown>;
}

const at = (app: OAuthClient) => ({
  path: { id: app.id },
  header: { "If-Match": `"${app.version}"` },
});

export const WORKSPACE: Realm = {
  key: keys.oauthClients,
  list: () => take(api.GET("/api/v1/oauth-clients", { params: { query: { limit: 100 } } })),
  create: (body) => take(api.POST("/api/v1/oauth-clients", { body })),
  change: (app, body) => take(api.PATCH("/api/v1/oauth-clients/{id}", { params: at(app), body })),
  renew: (app) => take(api.POST("/api/v1/oauth-clients/{id}/secrets", { params: { path: { id: app.id } } })),
  remove: (app) => take(api.DELETE("/api/v1/oauth-clients/{id}", { params: at(app) })),
};

export const INSTANCE: Realm = {
  key: keys.instanceOauthClients,
  list: () => take(api.GET("/api/v1/instance/oauth-clients", { params: { query: { limit: 100 } } })),
  create: (body) => take(api.POST("/api/v1/instance/oauth-clients", { body })),
  change: (app, body) => take(api.PATCH("/api/v1/instance/oauth-clients/{id}", { params: at(app), body })),
  renew: (app) =>
    take(api.POST("/api/v1/instance/oauth-clients/{id}/secrets", { params: { path: { id: app.id } } })),
  remove: (app) => take(api.DELETE("/api/v1/instance/oauth-clients/{id}", { params: at(app) })),
};

/** Addresses as they are typed, one a line. */
export function linesIn(text: string): string[] {
  return text
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "");
}

/** One or two letters for an app that was given none. */
export function markOf(name: string): string {
  const [first, second] = name.trim().split(/\s+/);
  return `${[...(first ?? "")][0] ?? ""}${[...(second ?? "")][0] ?? ""}`.toLocaleUpperCase();
}
