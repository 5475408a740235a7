/** Who is invited comes in by the mail's link. */
import { expect } from "@playwright/test";
import { mailTo, signedIn } from "../support/api";
import { ADMINISTRATOR } from "../support/instance";
import { signedInPage, test } from "../support/test";
import { PASSWORD, unique, workspace } from "../support/workspace";

test("an invited stranger makes an account by the link in the mail and becomes a member", async ({
  newContext,
}) => {
  const space = await workspace();
  const email = `${unique("ines")}@e2e.test`;
  const app = await signedInPage(newContext, space.api);
  await app.goto("/members");
  const row = app.getByRole("row", { name: new RegExp(email) });
  await expect(app.getByRole("row", { name: new RegExp(space.owner.email) })).toBeVisible();
  await expect(row).toHaveCount(0);
  await app.getByRole("link", { name: "Invite", exact: true }).click();
  const dialog = app.getByRole("dialog");
  await dialog.getByLabel("E-mail").fill(email);
  await dialog.getByRole("button", { name: "Send invitation" }).click();
  await expect(row).toContainText("Pending");

  const { subject } = await mailTo(email);
  const host = await signedInPage(newContext, await signedIn(ADMINISTRATOR));
  await host.goto(`/mailbox?q=${encodeURIComponent(email)}`);
  await host.getByRole("link", { name: subject }).click();
  const link = host.getByRole("main").getByRole("link", { name: /\/invitation#token=/ });
  const url = (await link.getAttribute("href")) ?? "";

  const invitee = await (await newContext()).newPage();
  await invitee.goto(url);
  await expect(invitee.getByRole("heading", { level: 1 })).toHaveText(`Join Company ${space.slug}`);
  await expect(invitee.getByText(`${space.owner.name} invites you`)).toBeVisible();
  await expect(invitee.getByLabel("E-mail")).toHaveValue(email);
  await invitee.getByLabel("Your name").fill("Ines Invited");
  await invitee.getByLabel("New password").fill(PASSWORD);
  await invitee.getByRole("button", { name: "Accept" }).click();
  await expect(
    invitee.getByRole("button", { name: `Workspace: Company ${space.slug}. Switch` }),
  ).toBeVisible();

  await app.goto("/members");
  await expect(row).toContainText("Ines Invited");
  await expect(row).toContainText("Active");
  await app.goto("/members/invitations");
  await expect(row).toContainText("Accepted");
  // The link counts once.
  const late = await (await newContext()).newPage();
  await late.goto(url);
  await expect(late.getByRole("heading", { level: 1 })).toHaveText("This invitation does not count any more");
});
