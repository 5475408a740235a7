import { describe, expect, it } from "vitest";
import { Problem } from "@/api/problem";
import type { Session } from "@/api/types";
import { landing, maySetUpPage, needsWorkspace } from "./access";
import { makeQueryClient } from "./queries";
import { mayDo, sessionQuery } from "./session";

const FIRST_RUN = ["organizers", "schedules", "event_types"].flatMap((x) => [`${x}:read`, `${x}:write`]);

function session(codenames: string[], status?: string, scope = "all"): Session {
  return {
    user: { id: "me" },
    tenant: status ? { id: "t", name: "Acme", slug: "acme", onboarding_status: status } : null,
    tenants: [],
    permissions: codenames.map((codename) => ({ codename, scope })),
  } as unknown as Session;
}

it("needs a workspace everywhere but on one's own settings and the mailbox", () => {
  for (const path of [
    "/",
    "/bookings",
    "/bookings/1",
    "/onboarding",
    "/settings/workspace",
    "/settings/mail",
  ]) {
    expect(needsWorkspace(path), path).toBe(true);
  }
  for (const path of ["/settings/profile", "/settings/security", "/mailbox", "/mailbox/1"]) {
    expect(needsWorkspace(path), path).toBe(false);
  }
  expect(needsWorkspace("/mailboxes")).toBe(true);
});

describe("the beginning", () => {
  it("is the set-up for the founder of a workspace, until it is done", () => {
    const all = [...FIRST_RUN, "settings:manage"];
    expect(landing(session(all, "pending"))).toBe("/onboarding");
    expect(landing(session(all, "completed"))).toBe("/");
  });

  it("is home for whoever may not set up the workspace, and without one", () => {
    expect(landing(session(FIRST_RUN, "pending"))).toBe("/");
    expect(landing(session(["settings:manage"], "pending"))).toBe("/");
    expect(landing(session([]))).toBe("/");
  });

  it("sets up a page of one's own only with all that it takes", () => {
    expect(maySetUpPage(session(FIRST_RUN, "completed", "own"))).toBe(true);
    for (const missing of FIRST_RUN) {
      expect(maySetUpPage(session(FIRST_RUN.filter((x) => x !== missing))), missing).toBe(false);
    }
  });
});

it("lets a grant of one's own records end at those of others", () => {
  const own = session(["event_types:write"], "completed", "own");
  expect(mayDo(own, "event_types:write")).toBe(true);
  expect(mayDo(own, "event_types:write", "me")).toBe(true);
  expect(mayDo(own, "event_types:write", "other")).toBe(false);
  expect(mayDo(session(["event_types:write"]), "event_types:write", "other")).toBe(true);
  expect(mayDo(own, "contacts:write", "me")).toBe(false);
});

it("reads the session anew when the workspace is gone, and forgets it when it ended", async () => {
  const client = makeQueryClient();
  const refused = (status: number, code: string) =>
    client
      .fetchQuery({
        queryKey: ["home", code],
        queryFn: () => Promise.reject(new Problem(status, { code })),
      })
      .catch(() => {});
  client.setQueryData(sessionQuery.queryKey, session(["bookings:read"], "completed"));
  await refused(403, "forbidden");
  expect(client.getQueryState(sessionQuery.queryKey)?.isInvalidated).toBe(false);
  await refused(403, "no_tenant");
  expect(client.getQueryState(sessionQuery.queryKey)?.isInvalidated).toBe(true);
  expect(client.getQueryData(sessionQuery.queryKey)).not.toBeNull();
  await refused(401, "unauthenticated");
  expect(client.getQueryData(sessionQuery.queryKey)).toBeNull();
});
