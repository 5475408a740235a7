/** Work that runs in many jobs is seen, and cancelled where nobody wants the rest of it. */
import { expect } from "@playwright/test";
import { answer } from "../support/api";
import { openBatch } from "../support/database";
import { examine } from "../support/look";
import { signedInPage, test } from "../support/test";
import { workspace } from "../support/workspace";

test("a batch is cancelled where its progress stands", async ({ newContext }) => {
  const space = await workspace();
  const { id } = await answer<{ id: string }>(space.api.get("/api/v1/tenant"));
  openBatch(id, "Import of contacts");
  const page = await signedInPage(newContext, space.api);
  await page.goto("/failed-jobs");
  const section = page.getByRole("region", { name: "Batches" });
  await expect(section.getByText("12 of 40")).toBeVisible();
  await examine(page, "a batch that runs");
  await section.getByRole("button", { name: "Cancel: Import of contacts" }).click();
  await expect(section.getByText("Cancelled · 12 of 40")).toBeVisible();
  await expect(section.getByRole("button", { name: /Cancel/ })).toHaveCount(0);
  await page.reload();
  await expect(section.getByText("Cancelled · 12 of 40")).toBeVisible();
});
