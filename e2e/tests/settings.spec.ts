/** A workspace's own mail server, from none to one and back. */
import { expect } from "@playwright/test";
import { answer, lend } from "../support/api";
import { test } from "../support/test";
import { workspace } from "../support/workspace";

test("a workspace sets its own mail server and goes back to the instance's", async ({ newContext }) => {
  const space = await workspace({ name: "Mila Mail" });
  const context = await newContext();
  await lend(space.api, context);
  const page = await context.newPage();
  await page.goto("/settings/mail");
  await page.getByRole("button", { name: "Use your own server" }).click();
  await page.getByRole("button", { name: "Save" }).click();
  await expect(page.getByText("A name like smtp.example.com")).toBeVisible();
  await expect(page.getByLabel("Server", { exact: true })).toBeFocused();

  await page.getByLabel("Server", { exact: true }).fill("smtp.example.com");
  await page.getByLabel("User name").fill("mila");
  await page.getByLabel("Password", { exact: true }).fill("sesame sesame");
  await page.getByLabel("Sender address").fill("mila@example.com");
  await page.getByRole("button", { name: "Save" }).click();
  await expect(page.getByText("The mail server is saved")).toBeVisible();

  await page.reload();
  await expect(page.getByLabel("Server", { exact: true })).toHaveValue("smtp.example.com");
  await expect(page.getByLabel("Password", { exact: true })).toHaveValue("");
  await page.getByLabel("Sender name").fill("Mila of Acme");
  await page.getByRole("button", { name: "Save" }).click();
  await expect(page.getByText("The mail server is saved")).toBeVisible();

  // Another server does not get the stored password.
  await page.getByLabel("Server", { exact: true }).fill("smtp.elsewhere.example");
  await page.getByRole("button", { name: "Save" }).click();
  await expect(page.getByLabel("Password", { exact: true })).toBeFocused();
  await expect(page.getByText(/^Needed/)).toBeVisible();
  const kept = await answer<object>(space.api.get("/api/v1/mail-settings"));
  expect(kept).toMatchObject({
    host: "smtp.example.com",
    port: 465,
    security: "tls",
    username: "mila",
    has_password: true,
    from_name: "Mila of Acme",
  });

  await page.getByRole("button", { name: "Use the instance's server" }).click();
  const dialog = page.getByRole("dialog");
  await expect(dialog.getByRole("button", { name: "Use the instance's server" })).toBeDisabled();
  await dialog.getByRole("textbox").fill("smtp.example.com");
  await dialog.getByRole("button", { name: "Use the instance's server" }).click();
  await expect(
    page.getByRole("heading", { name: "Mails go out through the instance's server" }),
  ).toBeVisible();
  await answer(space.api.get("/api/v1/mail-settings"), 404);
});
