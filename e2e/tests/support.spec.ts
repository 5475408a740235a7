/** Support is let into a workspace: asked for, granted, seen by everybody there, and out again at once. */
import { expect } from "@playwright/test";
import { answer, signedIn } from "../support/api";
import { ADMINISTRATOR } from "../support/instance";
import { examine, examinePart } from "../support/look";
import { signedInPage, test } from "../support/test";
import { unique, workspace } from "../support/workspace";

test("an owner lets support in, both see it, and taking it back ends it", async ({ newContext }) => {
  const space = await workspace({ company: unique("Helped") });
  const session = await answer<{ tenant: { id: string; name: string } }>(space.api.get("/api/v1/session"));
  const { id, name } = session.tenant;
  await answer(
    space.api.post("/api/v1/contacts", {
      data: { name: "Carla Contact", email: "carla@e2e.test", phone: "+31 20 555 0199" },
    }),
    201,
  );
  const owner = await signedInPage(newContext, space.api);
  // Signed in anew, so that the demo's own session is not the one that is exchanged.
  const support = await signedInPage(newContext, await signedIn(ADMINISTRATOR));

  // Asked for, in words that the owner reads.
  await support.goto(`/instance/tenants/${id}`);
  const access = support.getByRole("region", { name: "Support access" });
  await access.getByLabel("Reason").fill("A booking looks wrong");
  await access.getByRole("button", { name: "Ask to be let in" }).click();
  await expect(access.getByText("Waits for an owner")).toBeVisible();
  await examine(support, "a workspace that was asked");

  await owner.goto("/settings/support");
  await expect(owner.getByText("A booking looks wrong")).toBeVisible();
  await examine(owner, "a request of support");
  await owner.getByRole("button", { name: "Grant" }).click();
  const dialog = owner.getByRole("dialog");
  await expect(dialog.getByRole("checkbox", { name: "Contacts" }).first()).toBeChecked();
  await expect(dialog.getByRole("switch", { name: /Show addresses/ })).not.toBeChecked();
  await examinePart(owner, "what is lent", "[role=dialog]");
  await dialog.getByRole("button", { name: "Grant" }).click();
  await expect(owner.getByText("Lent", { exact: true })).toBeVisible();

  // Entered by an act of its own; everybody there is told, without a reload.
  await support.reload();
  await access.getByRole("button", { name: "Enter" }).click();
  await expect(support.getByText(`You are in ${name} for support`)).toBeVisible();
  await expect(owner.getByText("of the support is in this workspace")).toBeVisible();
  await examine(owner, "with support in the workspace");
  await support.getByRole("link", { name: "Contacts" }).first().click();
  await expect(support.getByText("Carla Contact").first()).toBeVisible();
  await expect(support.getByText("carla@e2e.test")).toHaveCount(0);
  await expect(support.getByRole("link", { name: "Instance" })).toHaveCount(0);
  await examine(support, "in the workspace for support");

  // Looking stands in the trail, with both names.
  await owner.goto("/audit?entity_type=support_lease");
  await expect(owner.getByText("Support looked").first()).toBeVisible();
  await expect(owner.getByText(`support, let in by ${space.owner.name}`).first()).toBeVisible();

  // Taken back, it is over while the other one looks.
  await owner.goto("/settings/support");
  await owner.getByRole("button", { name: "Take back" }).click();
  await expect(support).toHaveURL(/\/sign-in/);
  await expect(owner.getByText("of the support is in this workspace")).toHaveCount(0);
});

test("support leaves by itself and is an administrator again", async ({ newContext }) => {
  const space = await workspace({ company: unique("Left") });
  const lease = await answer<{ id: string }>(
    space.api.post("/api/v1/support-leases", { data: { reason: "Have a look" } }),
    201,
  );
  const session = await answer<{ tenant: { id: string } }>(space.api.get("/api/v1/session"));
  const support = await signedInPage(newContext, await signedIn(ADMINISTRATOR));
  await support.goto(`/instance/tenants/${session.tenant.id}`);
  await expect(support.getByText("Have a look")).toBeVisible();
  await support.getByRole("button", { name: "Enter" }).click();
  await support.getByRole("button", { name: "Leave" }).click();
  await expect(support).toHaveURL(/\/instance\/tenants/);
  await expect(support.getByText("for support, let in by")).toHaveCount(0);
  await answer(space.api.delete(`/api/v1/support-leases/${lease.id}`), 204);
});
