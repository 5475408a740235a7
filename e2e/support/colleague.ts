/** Another organizer of a workspace. */
import type { APIRequestContext } from "@playwright/test";
import { answer, linkIn, mailTo, signedIn, visitor } from "./api";
import { PASSWORD, unique, type Workspace } from "./workspace";

export interface Colleague {
  api: APIRequestContext;
  email: string;
}

/** Invites a contributor, who accepts and sets up a page. */
export async function colleague(space: Workspace, name: string): Promise<Colleague> {
  const email = `${unique("colleague")}@e2e.test`;
  const roles = await answer<{ items: { id: string; name: string }[] }>(space.api.get("/api/v1/roles"));
  const role = roles.items.find(({ name }) => name === "contributor");
  await answer(space.api.post("/api/v1/invitations", { data: { email, role_id: role?.id } }), 201);
  const link = new URL(linkIn(await mailTo(email), "/invitation"));
  const token = new URLSearchParams(link.hash.slice(1)).get("token");
  const stranger = await visitor();
  await answer(
    stranger.post("/api/v1/invitation-acceptances", { data: { token, name, password: PASSWORD } }),
    201,
  );
  const api = await signedIn({ email, password: PASSWORD });
  await answer(
    api.put("/api/v1/organizer", {
      data: { slug: unique("colleague"), display_name: name, timezone: "Europe/Amsterdam" },
    }),
  );
  return { api, email };
}
