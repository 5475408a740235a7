/** Attempts to sign in, as their owner, the workspace and the instance see them. */
import { expect } from "@playwright/test";
import { answer, signedIn, visitor } from "../support/api";
import { ADMINISTRATOR } from "../support/instance";
import { examine } from "../support/look";
import { signedInPage, test } from "../support/test";
import { unique, workspace } from "../support/workspace";

test("a failed attempt is seen by its owner, the workspace's security and, unknown, the instance", async ({
  newContext,
}) => {
  const space = await workspace({ name: "Sina Signin" });
  const stranger = `${unique("nobody")}@e2e.test`;
  const guess = await visitor();
  for (const email of [space.owner.email, stranger]) {
    await answer(guess.post("/api/v1/sessions", { data: { email, password: "a wrong guess of it" } }), 401);
  }

  const owner = await signedInPage(newContext, space.api);
  await owner.goto("/settings/security");
  const attempts = owner.getByRole("region", { name: "Recent sign-ins" });
  await expect(attempts.getByText("Failed", { exact: true })).toBeVisible();
  await expect(attempts.getByText("Wrong password")).toBeVisible();
  const events = owner.getByRole("region", { name: "What happened to your account" });
  await expect(events).toBeVisible();
  await examine(owner, "the security settings with sign-ins");

  await owner.setViewportSize({ width: 1440, height: 900 });
  await owner.goto("/audit");
  await owner
    .getByRole("navigation", { name: "Audit trail" })
    .getByRole("link", { name: "Sign-ins" })
    .click();
  const table = owner.getByRole("table", { name: "Sign-ins" });
  await expect(table.getByRole("row", { name: /Sina Signin.*Wrong password/ })).toBeVisible();
  await owner.getByRole("combobox", { name: "Outcome" }).click();
  await owner.getByRole("option", { name: "Refused" }).click();
  await expect(owner.getByText("No attempts")).toBeVisible();
  await expect(owner).toHaveURL(/outcome=refused/);
  await owner.goto("/audit/sign-ins");
  await examine(owner, "sign-ins of members");

  const admin = await signedInPage(newContext, await signedIn(ADMINISTRATOR));
  await admin.goto("/instance/sign-ins");
  await admin.getByLabel("Address that was typed").fill(stranger);
  await admin.getByRole("button", { name: "Find" }).click();
  await expect(admin.getByRole("table", { name: "Sign-ins" }).getByRole("row")).toHaveCount(2);
  await expect(admin.getByRole("table", { name: "Sign-ins" })).not.toContainText(stranger);
  await examine(admin, "attempts on unknown accounts");
});
