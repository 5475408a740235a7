/** A new owner, from nothing to a link that a stranger can book with. */
import { expect, type Locator, type Page } from "@playwright/test";
import { linkIn, mailTo } from "../support/api";
import { test } from "../support/test";
import { PASSWORD, unique, workspace } from "../support/workspace";

test("sign-up to a shareable booking link takes at most eight inputs", async ({ page, newContext }) => {
  const slug = unique("nora");
  const email = `${slug}@e2e.test`;
  let asked = 0;

  await page.goto("/sign-in");
  // The field that has the focus is left by this click, which must not move the link away from under it.
  await page.getByRole("link", { name: "Create account" }).click();
  await page.getByLabel("Your name").fill("Nora New");
  await page.getByLabel("E-mail").fill(email);
  await page.getByLabel("Password", { exact: true }).fill(PASSWORD);
  await page.getByLabel("Company").fill("Nora's Practice");
  asked += await fields(page).count();
  expect(await empty(page)).toBe(0);
  await page.getByRole("button", { name: "Create account" }).click();
  await expect(page.getByRole("heading", { name: "Look into your mail" })).toBeVisible();

  await page.goto(linkIn(await mailTo(email), "/verify-email"));
  await page.getByLabel("Password", { exact: true }).fill(PASSWORD);
  asked += await fields(page).count();
  await page.getByRole("button", { name: "Verify and continue" }).click();

  await expect(page.getByRole("heading", { name: "Your booking link", exact: true })).toBeVisible();
  asked += await fields(page).count();
  // Filled in from what is known; only the link must differ from other runs of this test.
  expect(await empty(page)).toBe(0);
  await expect(page.getByLabel("Link")).toHaveValue(/^nora-new/);
  await page.getByLabel("Link").fill(slug);
  await page.getByRole("button", { name: "Create link" }).click();
  const link = page.getByRole("link", { name: `/b/${slug}` });
  await expect(link).toBeVisible();
  // Whatever was shown counts, also what was filled in already.
  expect(asked).toBeLessThanOrEqual(8);
  expect(asked).toBeGreaterThan(0);

  const stranger = await (await newContext({ javaScriptEnabled: false })).newPage();
  await stranger.goto((await link.getAttribute("href")) ?? "");
  await stranger.getByRole("main").getByRole("link").first().click();
  await expect(stranger.getByRole("table").getByRole("link").first()).toBeVisible();

  await page.getByRole("link", { name: "Go to the workspace" }).click();
  await expect(page.getByRole("heading", { level: 1 })).toContainText("Nora");
});

/** All inputs that the page shows. */
function fields(page: Page): Locator {
  return page.locator("main").locator("input:visible, select:visible, textarea:visible");
}

/** Fields of the form that still want something. */
async function empty(page: Page): Promise<number> {
  const values = await fields(page).evaluateAll((fields) =>
    fields.map((field) => (field as HTMLInputElement).value),
  );
  return values.filter((value) => value === "").length;
}

test("an address that is taken gets the same answer, and a wrong password is refused", async ({ page }) => {
  const slug = unique("twice");
  for (const round of ["first", "second"]) {
    await page.goto("/sign-up");
    await page.getByLabel("Your name").fill(`Twice ${round}`);
    await page.getByLabel("E-mail").fill(`${slug}@e2e.test`);
    await page.getByLabel("Password", { exact: true }).fill(PASSWORD);
    await page.getByLabel("Company").fill("Twice");
    await page.getByRole("button", { name: "Create account" }).click();
    await expect(page.getByRole("heading", { name: "Look into your mail" })).toBeVisible();
  }
  await page.goto("/sign-in");
  await page.getByLabel("E-mail").fill(`${slug}@e2e.test`);
  await page.getByLabel("Password", { exact: true }).fill("not the password at all");
  await page.getByRole("button", { name: "Sign in", exact: true }).click();
  await expect(page.getByRole("alert")).toContainText("E-mail or password is wrong");
  await expect(page).toHaveURL(/sign-in/);
});

test("a forgotten password is set anew by the link in the mail", async ({ page }) => {
  const space = await workspace({ name: "Flora Forgot" });
  await page.goto("/forgot-password");
  await page.getByLabel("E-mail").fill(space.owner.email);
  await page.getByRole("button", { name: "Send link" }).click();
  const mail = await mailTo(space.owner.email, (candidate) => candidate.text.includes("/reset-password"));
  await page.goto(linkIn(mail, "/reset-password"));
  const fresh = "another long passphrase 9";
  await page.getByLabel("New password").fill(fresh);
  await page.getByRole("button", { name: "Set password" }).click();
  await expect(page).toHaveURL(/sign-in/);
  await page.getByLabel("E-mail").fill(space.owner.email);
  await page.getByLabel("Password", { exact: true }).fill(fresh);
  await page.getByRole("button", { name: "Sign in", exact: true }).click();
  await expect(page.getByRole("navigation", { name: "Main" }).first()).toBeVisible();
});
