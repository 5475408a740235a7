/** A role of one's own: made, given, explained, changed and deleted; and what is given to one member alone. */
import { expect } from "@playwright/test";
import { answer } from "../support/api";
import { examine, examinePart } from "../support/look";
import { signedInPage, test } from "../support/test";
import { unique, workspace } from "../support/workspace";

test("a role is made upon another, given, explained, and deleted when nobody holds it", async ({
  newContext,
}) => {
  const space = await workspace();
  const page = await signedInPage(newContext, space.api);
  const name = unique("Desk");
  await page.goto("/settings/roles");
  await expect(page.getByRole("link", { name: /Administrator/ })).toBeVisible();
  await examine(page, "roles");
  await page.getByRole("link", { name: "New role" }).click();

  await expect(page.getByRole("heading", { level: 1 })).toHaveText("New role");
  await page.getByRole("button", { name: "Create" }).click();
  await expect(page.getByText("Needed")).toBeVisible();
  await expect(page.getByLabel("Name")).toBeFocused();
  await page.getByLabel("Name").fill("Owner");
  await page.getByRole("combobox", { name: "Builds upon" }).click();
  await page.getByRole("option", { name: "Guest" }).click();
  const contacts = page.getByRole("radiogroup", { name: "Contacts: see" });
  await contacts.getByText("Own", { exact: true }).click();
  await expect(page.getByText("By Guest")).toBeVisible();
  await page.getByRole("button", { name: "Create" }).click();
  await expect(page.getByText("Another one has this name")).toBeVisible();
  // What was chosen survives a reload.
  await page.reload();
  await expect(page.getByRole("combobox", { name: "Builds upon" })).toHaveValue("Guest");
  await expect(contacts.getByRole("radio", { name: "Own" })).toBeChecked();
  await page.getByLabel("Name").fill(name);
  await examine(page, "a new role");
  await page.getByRole("button", { name: "Create" }).click();
  await expect(page.getByRole("heading", { level: 1 })).toHaveText(name);
  await expect(page.getByRole("button", { name: "Save" })).toBeDisabled();

  // Given to somebody, it says so, and stays.
  const { items } = await answer<{ items: { id: string; name: string }[] }>(space.api.get("/api/v1/roles"));
  const role = items.find((one) => one.name === name);
  const me = await answer<{ id: string }>(space.api.get("/api/v1/me"));
  const owner = items.find((one) => one.name === "owner");
  await answer(
    space.api.patch(`/api/v1/members/${me.id}`, {
      headers: { "if-match": "*" },
      data: { role_ids: [owner?.id, role?.id] },
    }),
  );
  await page.getByRole("button", { name: `Actions for ${name}` }).click();
  await page.getByRole("menuitem", { name: "Delete role" }).click();
  await expect(page.getByRole("alert").filter({ hasText: "in use" })).toContainText(
    `Members: ${space.owner.name}`,
  );

  await page.goto(`/members/${me.id}`);
  await expect(page.getByText(`Own: ${name}`, { exact: true })).toBeVisible();
  await expect(page.getByText(`All: ${name} › Guest`)).toBeVisible();
  await examine(page, "a member");
  await page.goto("/roles");
  await page.getByRole("button", { name: "Who may: Contacts: see" }).click();
  const dialog = page.getByRole("dialog", { name: "Who may: Contacts: see" });
  await expect(dialog.getByRole("link", { name: space.owner.name })).toBeVisible();
  await expect(dialog.getByText(`Own: ${name}`, { exact: true })).toBeVisible();
  await examinePart(page, "who may", "[role=dialog]");
  await page.keyboard.press("Escape");

  await answer(
    space.api.patch(`/api/v1/members/${me.id}`, {
      headers: { "if-match": "*" },
      data: { role_ids: [owner?.id] },
    }),
  );
  await page.goto(`/roles/${role?.id}`);
  await page.getByRole("button", { name: `Actions for ${name}` }).click();
  await page.getByRole("menuitem", { name: "Delete role" }).click();
  await expect(page).toHaveURL(/\/settings\/roles$/);
  await expect(page.getByRole("link", { name: new RegExp(name) })).toHaveCount(0);
  await page.getByRole("button", { name: "Undo" }).click();
  await expect(page.getByRole("link", { name: new RegExp(name) })).toBeVisible();
});

test("a built-in role is shown and not changed, and one can build upon it", async ({ newContext }) => {
  const space = await workspace();
  const page = await signedInPage(newContext, space.api);
  await page.goto("/settings/roles");
  await page.getByRole("link", { name: /Viewer/ }).click();
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Viewer");
  await expect(page.getByText("They stay as they are")).toBeVisible();
  await expect(page.getByRole("button", { name: "Save" })).toHaveCount(0);
  await expect(page.getByRole("radiogroup")).toHaveCount(0);
  await page.getByRole("link", { name: "New role upon this" }).click();
  await expect(page.getByRole("combobox", { name: "Builds upon" })).toHaveValue("Viewer");
  // Not below what it has from there.
  await expect(
    page.getByRole("radiogroup", { name: "Contacts: see" }).or(page.getByText("By Viewer").first()),
  ).toBeVisible();
});
