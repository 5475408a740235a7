/** The audit trail: searched, looked into, proven and taken along as a file. */
import { readFile } from "node:fs/promises";
import { expect } from "@playwright/test";
import { answer } from "../support/api";
import { examine, PHONE } from "../support/look";
import { signedInPage, test } from "../support/test";
import { workspace } from "../support/workspace";

test("an owner finds a change, sees what was before, and takes the trail along", async ({ newContext }) => {
  const space = await workspace({ name: "Aurea Audit" });
  for (const name of ["Vera Found", "Bo Other"]) {
    await answer(space.api.post("/api/v1/contacts", { data: { name } }), 201);
  }
  const page = await signedInPage(newContext, space.api);
  await page.goto("/audit");
  const trail = page.getByRole("table", { name: "Audit trail" });
  await expect(trail.getByText("Contact added")).toHaveCount(2);

  await page.getByLabel("Search").fill("vera found");
  await expect(trail.getByText("Contact added")).toHaveCount(1);
  await expect(page).toHaveURL(/q=vera/);
  await trail.getByRole("button", { name: "Changes of Contact added" }).click();
  await expect(trail.getByText("Vera Found")).toBeVisible();
  await expect(trail.getByText("Number in the chain")).toBeVisible();
  await examine(page, "the audit trail, searched");
  await page.setViewportSize(PHONE);
  await examine(page, "the audit trail, searched, on a phone");
  await page.setViewportSize({ width: 1440, height: 900 });
  await page.getByRole("link", { name: "Clear filters" }).click();
  await page.getByLabel("Address").fill("203.0.113.9");
  await page.keyboard.press("Enter");
  await expect(page.getByText("Nothing recorded")).toBeVisible();

  const tabs = page.getByRole("navigation", { name: "Audit trail" });
  await tabs.getByRole("link", { name: "Security events" }).click();
  await page.getByRole("combobox", { name: "Severity" }).click();
  await page.getByRole("option", { name: "Critical" }).click();
  await expect(page.getByText("Nothing happened")).toBeVisible();
  await examine(page, "security events");

  await tabs.getByRole("link", { name: "Proof and export" }).click();
  await expect(page.getByText(/up to record \d+/).first()).toBeVisible();
  await page.getByRole("button", { name: "Export" }).click();
  const download = page.waitForEvent("download");
  await page.getByRole("button", { name: "Download" }).click();
  const lines = (await readFile(await (await download).path(), "utf8")).trim().split("\n");
  expect(JSON.parse(lines[0] ?? "{}")).toMatchObject({ seq: 1, record: { action: "tenant.created" } });
  expect(JSON.parse(lines.at(-1) ?? "{}").manifest.records).toBe(lines.length - 1);
  await examine(page, "the audit chain");
});
