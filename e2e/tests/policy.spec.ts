/** The security policy of a workspace: set, tried on what was, saved; and what it does to a member. */
import { type APIRequestContext, expect, type Page } from "@playwright/test";
import { answer, linkIn, mailTo, visitor } from "../support/api";
import { examine, PHONE } from "../support/look";
import { signedInPage, test } from "../support/test";
import { totp } from "../support/totp";
import { PASSWORD, unique, workspace } from "../support/workspace";

const POLICY = "/api/v1/tenant/security-policy";

async function openPolicy(page: Page): Promise<void> {
  await page.goto("/settings/policy");
  await expect(page.getByRole("switch", { name: "Members need a second factor" })).toBeVisible();
}

function press(page: Page, button: string): Promise<void> {
  return page.getByRole("main").getByRole("button", { name: button }).click();
}

test("an owner tries a policy, mends it and saves it", async ({ newContext }) => {
  const space = await workspace({ name: "Petra Policy" });
  const page = await signedInPage(newContext, space.api);
  await openPolicy(page);
  await expect(page.getByRole("button", { name: "Save" })).toBeDisabled();
  const allowed = page.getByLabel("Allowed");

  await page.getByLabel("Sessions of one member at once").fill("3");
  await page.getByLabel("Signed out after").fill("4");
  await page.getByRole("combobox", { name: "Unit" }).click();
  await page.getByRole("option", { name: "Minutes" }).click();
  await press(page, "Save");
  await expect(page.getByText("Between 5 minutes and 30 days")).toBeVisible();
  await expect(page.getByLabel("Signed out after")).toBeFocused();
  await page.getByLabel("Signed out after").fill("90");
  await allowed.fill("203.0.113.0/24\nnowhere");
  await press(page, "Save");
  await expect(page.getByText("No address or range: nowhere")).toBeVisible();
  await expect(allowed).toBeFocused();

  await allowed.fill("203.0.113.0/24");
  await press(page, "Try it on the last 90 days");
  const outcome = page.getByRole("region", { name: "What it would have done" });
  await expect(outcome.getByText("1 member would have been stopped")).toBeVisible();
  const row = outcome.getByRole("row", { name: new RegExp(space.owner.email) });
  await expect(row.getByRole("cell")).toHaveText([/Petra Policy/, "1", "1", "0", "0", "No", /\d{4}/]);
  await page.getByRole("switch", { name: "Members need a second factor" }).check();
  // What was tried is another policy by now.
  await expect(outcome).toHaveCount(0);
  await press(page, "Try it on the last 90 days");
  await expect(outcome).toBeVisible();
  await examine(page, "the security policy, tried");
  await page.setViewportSize(PHONE);
  await expect(outcome.getByRole("term").filter({ hasText: "By address" })).toBeVisible();
  await page.setViewportSize({ width: 1440, height: 900 });
  await page.getByRole("switch", { name: "Members need a second factor" }).uncheck();

  await press(page, "Save");
  await expect(page.getByRole("alert")).toContainText("This would lock you out yourself");
  await press(page, "Allow it");
  await press(page, "Try it on the last 90 days");
  await expect(outcome.getByText("Nobody would have been stopped")).toBeVisible();
  await press(page, "Save");
  await expect(page.getByText("The security policy is saved")).toBeVisible();
  await expect(page.getByRole("alert")).toHaveCount(0);

  await page.reload();
  await expect(page.getByLabel("Sessions of one member at once")).toHaveValue("3");
  await expect(page.getByLabel("Signed out after")).toHaveValue("90");
  await expect(page.getByRole("combobox", { name: "Unit" })).toHaveValue("Minutes");
  await expect(allowed).toHaveValue("203.0.113.0/24\n127.0.0.1");

  // Changed elsewhere under an unsaved change: not overwritten.
  await page.getByLabel("Sessions of one member at once").fill("5");
  const { policy } = await answer<{ policy: { session: object } }>(space.api.get(POLICY));
  await answer(
    space.api.put(POLICY, {
      headers: { "If-Match": "*" },
      data: { ...policy, session: { ...policy.session, max_concurrent: 7 } },
    }),
  );
  await press(page, "Save");
  await expect(page.getByRole("alert")).toContainText("Somebody changed this meanwhile");
  await expect(page.getByLabel("Sessions of one member at once")).toHaveValue("7");

  await page.goto("/audit");
  await expect(page.getByRole("row", { name: /Security policy changed/ })).toHaveCount(2);
});

/** An invited member of the workspace, signed in. */
async function member(owner: APIRequestContext): Promise<APIRequestContext> {
  const { items } = await answer<{ items: { id: string; name: string }[] }>(owner.get("/api/v1/roles"));
  const email = `${unique("mia")}@e2e.test`;
  const role_id = items.find((role) => role.name === "editor")?.id;
  await answer(owner.post("/api/v1/invitations", { data: { email, role_id } }), 201);
  const token = new URL(linkIn(await mailTo(email), "/invitation")).hash.replace("#token=", "");
  const api = await visitor();
  const data = { token: decodeURIComponent(token), name: "Mia Member", password: PASSWORD };
  await answer(api.post("/api/v1/invitation-acceptances", { data }), 201);
  return api;
}

test("a member without the second factor that is asked for is sent to set one up", async ({
  newContext,
  faults,
}) => {
  const { api } = await workspace({ name: "Rita Requires" });
  const { secret } = await answer<{ secret: string }>(api.post("/api/v1/me/totp"), 201);
  await answer(api.post("/api/v1/me/totp/confirmation", { data: { code: totp(secret) } }));
  await answer(api.post("/api/v1/session/verification", { data: { method: "totp", code: totp(secret, 1) } }));
  const theirs = await signedInPage(newContext, await member(api));
  await theirs.goto("/contacts");
  await expect(theirs.getByRole("heading", { name: "Contacts", level: 1 })).toBeVisible();

  const page = await signedInPage(newContext, api);
  await openPolicy(page);
  await page.getByRole("switch", { name: "Members need a second factor" }).check();
  await page.getByLabel("Sign-ins without one").fill("0");
  await page.getByLabel("Days without one").fill("0");
  await press(page, "Save");
  await expect(page.getByText("The security policy is saved")).toBeVisible();

  // The next thing that the member does is refused, and the app says why; it may have been told by its live stream before.
  const refused = theirs.waitForResponse((response) => response.status() === 403);
  const bookings = theirs.getByRole("link", { name: "Bookings" });
  await Promise.race([refused, bookings.click({ timeout: 5_000 }).catch(() => undefined)]);
  await expect(theirs.getByRole("heading", { name: "A second factor is needed" })).toBeVisible();
  expect(faults.every((fault) => fault.includes("a status of 403"))).toBe(true);
  faults.length = 0;
  await examine(theirs, "a workspace that refuses");
  await theirs.getByRole("link", { name: "Set up a second factor" }).click();
  await expect(theirs).toHaveURL(/\/settings\/security$/);
  await expect(theirs.getByRole("button", { name: /^Workspace: .* Switch$/ })).toBeVisible();
  await theirs.getByRole("button", { name: "Your account" }).click();
  await expect(theirs.getByRole("menuitem", { name: "Sign out" })).toBeVisible();
});
