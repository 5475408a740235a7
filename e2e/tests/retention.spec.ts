/** How long a workspace keeps things: chosen within the instance's bounds, shown before it is saved. */
import { expect } from "@playwright/test";
import { answer } from "../support/api";
import { examine } from "../support/look";
import { signedInPage, test } from "../support/test";
import { workspace } from "../support/workspace";

const POLICY = "/api/v1/retention-policy";

test("an owner sees what would go, and keeps it shorter", async ({ newContext }) => {
  const space = await workspace({ name: "Rita Retention" });
  const page = await signedInPage(newContext, space.api);
  await page.goto("/settings/retention");
  const main = page.getByRole("main");
  const mails = page.getByLabel("Mails that were sent");
  await expect(mails).toHaveAttribute("placeholder", "90 days");
  await expect(page.getByLabel("Runs of workflows")).toHaveAttribute("placeholder", "90 days");
  await expect(main.getByRole("button", { name: "Save" })).toBeDisabled();

  await mails.fill("3");
  await main.getByRole("button", { name: "Save" }).click();
  await expect(main.getByText("Between 7 and 730", { exact: true })).toBeVisible();
  await expect(mails).toBeFocused();
  await mails.fill("30");
  await main.getByRole("button", { name: "Show what would go" }).click();
  await expect(main.getByText("Nothing would go")).toBeVisible();
  await main.getByRole("switch", { name: "Keep everything for now" }).check();
  // What was shown is another policy's by now.
  await expect(main.getByText("Nothing would go")).toHaveCount(0);
  await examine(page, "the periods of retention");
  await main.getByRole("button", { name: "Save" }).click();
  await expect(page.getByText("Saved. It counts from the next night on.")).toBeVisible();

  await page.reload();
  await expect(mails).toHaveValue("30 days");
  await expect(main.getByRole("switch", { name: "Keep everything for now" })).toBeChecked();

  // Changed elsewhere under an unsaved change: not overwritten.
  await page.getByLabel("Audit trail", { exact: true }).fill("1000");
  await answer(space.api.put(POLICY, { headers: { "If-Match": "*" }, data: { notification_logs: 60 } }));
  await main.getByRole("button", { name: "Save" }).click();
  await expect(page.getByRole("alert")).toBeVisible();
  await expect(mails).toHaveValue("60 days");
});
