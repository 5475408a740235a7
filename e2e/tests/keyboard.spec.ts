/** Ways through the app without a pointer. */
import { expect } from "@playwright/test";
import { answer } from "../support/api";
import { signedInPage, test } from "../support/test";
import { workspace } from "../support/workspace";

test("the palette leads to pages and to records by keyboard alone", async ({ newContext }) => {
  const space = await workspace();
  const { id } = await answer<{ id: string }>(
    space.api.post("/api/v1/contacts", { data: { kind: "person", name: "Petra Palette" } }),
    201,
  );
  const app = await signedInPage(newContext, space.api);
  await app.goto("/");
  await expect(app.getByRole("heading", { level: 1 })).toBeVisible();
  const field = app.getByRole("dialog").getByLabel("Search or jump to");
  await app.keyboard.press("Control+k");
  await expect(field).toBeFocused();
  await app.keyboard.type("availab");
  await expect(app.getByRole("dialog").getByRole("button", { name: "Availability" })).toBeVisible();
  await app.keyboard.press("Enter");
  await expect(app).toHaveURL(/\/availability$/);
  await expect(app.getByRole("heading", { level: 1 })).toHaveText("Availability");
  await expect(field).toHaveCount(0);

  await app.keyboard.press("/");
  await expect(field).toBeFocused();
  await expect(field).toHaveValue("");
  await app.keyboard.type("Petra");
  await expect(app.getByRole("dialog").getByText("Petra Palette")).toBeVisible();
  await app.keyboard.press("Enter");
  await expect(app).toHaveURL(new RegExp(`/contacts/${id}$`));

  await app.keyboard.press("Control+k");
  await app.keyboard.type("new book");
  await expect(app.getByRole("dialog").getByRole("button", { name: "New booking" })).toBeVisible();
  await app.keyboard.press("Enter");
  await expect(app.getByRole("dialog", { name: "New booking" })).toBeVisible();
});

test("g and a letter lead to a module, but not while one types", async ({ newContext }) => {
  const space = await workspace();
  const app = await signedInPage(newContext, space.api);
  await app.goto("/");
  await expect(app.getByRole("heading", { level: 1 })).toBeVisible();
  await app.keyboard.press("g");
  await app.keyboard.press("c");
  await expect(app).toHaveURL(/\/contacts$/);
  await expect(app.getByRole("heading", { level: 1 })).toHaveText("Contacts");
  await app.keyboard.press("n");
  const name = app.getByRole("dialog", { name: "New contact" }).getByLabel("Name");
  await expect(name).toBeFocused();
  await app.keyboard.type("gm?");
  await expect(name).toHaveValue("gm?");
  await expect(app).toHaveURL(/\/contacts\?/);
  await app.keyboard.press("Escape");
  await expect(name).toHaveCount(0);
  await app.keyboard.press("?");
  const overlay = app.getByRole("dialog", { name: "Keyboard shortcuts" });
  await expect(overlay.getByText("Go to Members")).toBeVisible();
});
