/** A program acts for a member by an access token, as far as the token reaches and no longer than it counts. */
import { expect, request } from "@playwright/test";
import { answer } from "../support/api";
import { examine, examinePart } from "../support/look";
import { address } from "../support/settings";
import { signedInPage, test } from "../support/test";
import { unique, workspace } from "../support/workspace";

test("a token made in the browser reads, changes nothing, and ends when it is revoked", async ({
  newContext,
}) => {
  const space = await workspace();
  const page = await signedInPage(newContext, space.api);
  await page.goto("/settings/security");
  const section = page.getByRole("region", { name: "Access tokens" });
  await expect(section.getByText("Authorization: Bearer")).toBeVisible();
  await section.getByRole("button", { name: "New access token" }).click();

  const dialog = page.getByRole("dialog", { name: "New access token" });
  await expect(dialog.getByLabel("Name")).toBeFocused();
  await dialog.getByRole("button", { name: "Create" }).click();
  await expect(dialog.getByText("Needed")).toBeVisible();
  await expect(dialog.getByText("Choose at least one thing")).toBeVisible();
  await expect(dialog.getByLabel("Name")).toBeFocused();
  await dialog.getByLabel("Name").fill("Reader");
  await dialog.getByRole("button", { name: "Create" }).click();
  await expect(dialog.getByRole("group", { name: "Bookings" }).getByLabel("See")).toBeFocused();

  await dialog.getByRole("button", { name: "Read only" }).click();
  const contacts = dialog.getByRole("group", { name: "Contacts" });
  await expect(contacts.getByLabel("See")).toBeChecked();
  await expect(contacts.getByLabel("Change")).not.toBeChecked();
  await dialog.getByRole("combobox", { name: "Expires" }).click();
  await page.getByRole("option", { name: "Never" }).click();
  await expect(dialog.getByText("It counts until you revoke it")).toBeVisible();
  await dialog.getByRole("combobox", { name: "Expires" }).click();
  await page.getByRole("option", { name: "In 30 days" }).click();
  await dialog.getByRole("button", { name: "Create" }).click();

  const field = dialog.getByRole("textbox", { name: "The token of Reader" });
  await expect(field).toBeFocused();
  const secret = await field.inputValue();
  expect(secret).toMatch(/^atrium_pat_\w{50}$/);
  await examinePart(page, "the secret of a token", "[role=dialog]");
  // What is shown once stays until it is left on purpose.
  await page.keyboard.press("Escape");
  await expect(field).toBeVisible();
  await dialog.getByRole("button", { name: "Done" }).click();
  await expect(dialog).toHaveCount(0);
  await section.getByRole("button", { name: "New access token" }).click();
  await expect(dialog.getByLabel("Name")).toHaveValue("");
  await page.keyboard.press("Escape");
  await expect(dialog).toHaveCount(0);
  expect(await page.content()).not.toContain(secret);

  await expect(section.getByText("Reader")).toBeVisible();
  await expect(section.getByText(/not used yet/)).toBeVisible();
  await section.getByRole("button", { name: /^May see: / }).click();
  await expect(section.getByText("Contacts", { exact: true })).toBeVisible();
  await examine(page, "access tokens");

  const program = await request.newContext({
    baseURL: address(),
    extraHTTPHeaders: { Authorization: `Bearer ${secret}` },
  });
  await answer(program.get("/api/v1/contacts"));
  await answer(program.post("/api/v1/contacts", { data: { kind: "person", name: "Nobody" } }), 403);
  await page.reload();
  await expect(section.getByText(/last used .* from /)).toBeVisible();

  await section.getByRole("button", { name: "Revoke: Reader" }).click();
  const asked = page.getByRole("dialog", { name: "Revoke the access token" });
  await expect(asked.getByRole("button", { name: "Revoke" })).toBeDisabled();
  await asked.getByRole("textbox").fill("Reader");
  await examinePart(page, "revoking a token", "[role=dialog]");
  await asked.getByRole("button", { name: "Revoke" }).click();
  await expect(section.getByText("No program acts for you")).toBeVisible();
  await expect
    .poll(async () => (await program.get("/api/v1/contacts")).status(), { message: "the revoked token" })
    .toBe(401);
  await program.dispose();
});

test("the audit trail names the program that acted for a member", async ({ newContext }) => {
  const space = await workspace();
  const { token } = await answer<{ token: string }>(
    space.api.post("/api/v1/access-tokens", {
      data: { name: "Zapier", scopes: ["contacts:read", "contacts:write"] },
    }),
    201,
  );
  const program = await request.newContext({
    baseURL: address(),
    extraHTTPHeaders: { Authorization: `Bearer ${token}` },
  });
  await answer(program.post("/api/v1/contacts", { data: { kind: "person", name: unique("Carla") } }), 201);
  await program.dispose();
  const page = await signedInPage(newContext, space.api);
  await page.goto("/audit?entity_type=contact");
  await expect(page.getByRole("row", { name: "Contact added" })).toContainText(
    `${space.owner.name} · via token Zapier`,
  );
  await page.goto("/audit?entity_type=access_token");
  await expect(page.getByRole("row", { name: "Access token made" })).toBeVisible();
});
