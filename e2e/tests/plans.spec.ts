/** Plans: made by who hosts the instance, given to a workspace, seen by its owner, and what an unpaid one may still do. */
import { expect } from "@playwright/test";
import { answer, signedIn } from "../support/api";
import { ADMINISTRATOR } from "../support/instance";
import { examine, examinePart } from "../support/look";
import { signedInPage, test } from "../support/test";
import { unique, workspace } from "../support/workspace";

test("a plan is made and given, and its owner sees it and what it bounds", async ({ newContext }) => {
  const space = await workspace({ company: unique("Planned") });
  const { tenant } = await answer<{ tenant: { id: string } }>(space.api.get("/api/v1/session"));
  const owner = await signedInPage(newContext, space.api);
  const admin = await signedInPage(newContext, await signedIn(ADMINISTRATOR));
  const name = unique("Studio");

  await admin.goto("/instance/plans");
  await admin.getByRole("button", { name: "New plan" }).first().click();
  const dialog = admin.getByRole("dialog");
  await dialog.getByRole("button", { name: "Save" }).click();
  await expect(dialog.getByLabel("Name")).toBeFocused();
  await dialog.getByLabel("Name").fill(name);
  await dialog.getByLabel("Price").fill("19.5");
  await dialog.getByLabel("Members").fill("1");
  await examinePart(admin, "a new plan", "[role=dialog]");
  await dialog.getByRole("button", { name: "Save" }).click();
  await expect(admin.getByText(name)).toBeVisible();
  await expect(admin.getByText("€19.50 a month").first()).toBeVisible();
  await examine(admin, "the plans");

  await admin.goto(`/instance/tenants/${tenant.id}`);
  const part = admin.getByRole("region", { name: "Subscription" });
  await part.getByLabel("Plan", { exact: true }).click();
  await admin.getByRole("option", { name }).click();
  await part.getByRole("button", { name: "Save" }).click();
  await expect(admin.getByText("Saved").first()).toBeVisible();
  await examine(admin, "a workspace with a plan");

  await owner.goto("/settings/workspace");
  await expect(owner.getByText(name)).toBeVisible();
  await expect(owner.getByText("1 of 1")).toBeVisible();
  await examine(owner, "the workspace's plan");
  await owner.goto("/members/invitations");
  const { items } = await answer<{ items: { id: string; name: string }[] }>(space.api.get("/api/v1/roles"));
  const refused = await space.api.post("/api/v1/invitations", {
    data: { email: "bo@e2e.test", role_id: items.find((role) => role.name === "viewer")?.id },
  });
  expect(((await refused.json()) as { code: string }).code).toBe("plan_limit");

  // Not paid for, it can be read; who is there is told without a reload.
  await part.getByLabel("State").click();
  await admin.getByRole("option", { name: "Unpaid" }).click();
  await part.getByRole("button", { name: "Save" }).click();
  await expect(owner.getByText("This workspace can be read and not changed.")).toBeVisible();
  await owner.getByRole("link", { name: "Plan", exact: true }).click();
  await expect(owner.getByText("Nothing is lost.")).toBeVisible();
  await examine(owner, "a workspace that can be read");
  await part.getByLabel("State").click();
  await admin.getByRole("option", { name: "Active" }).click();
  await part.getByRole("button", { name: "Save" }).click();
  await expect(owner.getByText("This workspace can be read and not changed.")).toHaveCount(0);
});
