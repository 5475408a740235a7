/** The time of an open form: kept for its reader, gone for everybody else, and back as soon as the form is left. */
import { expect, type Page } from "@playwright/test";
import { examine } from "../support/look";
import { test } from "../support/test";
import { workspace } from "../support/workspace";

/** Two months ahead, where no time is too soon. */
async function openDay(page: Page, address: string): Promise<void> {
  await page.goto(`${address}?tz=Europe/Amsterdam&lang=en`);
  await page.getByRole("link", { name: /^Later:/ }).click();
  await page.getByRole("table").getByRole("link").first().click();
}

/** Looks anew at once, as the page does every 20 seconds. */
async function look(page: Page): Promise<void> {
  await page.evaluate(() => document.dispatchEvent(new Event("visibilitychange")));
}

test("a time goes from others' calendars while its form is open, and comes back", async ({ newContext }) => {
  const space = await workspace({ zone: "Europe/Amsterdam" });
  const [first, second] = [
    await (await newContext({ viewport: { width: 390, height: 844 }, locale: "en-US" })).newPage(),
    await (await newContext({ locale: "en-US" })).newPage(),
  ];
  await openDay(second, space.event.public_url);
  const times = second.locator("#times").getByRole("link");
  const all = await times.allTextContents();
  expect(all.length).toBeGreaterThan(3);

  await openDay(first, space.event.public_url);
  // Pressed twice, as people do: it is theirs all the same.
  await first.locator("#times").getByRole("link").first().dblclick();
  const kept = first.getByText(/^This time is kept for you for another (10:00|9:\d\d)\.$/);
  await expect(kept).toBeVisible();
  await examine(first, "the form with its time kept");
  await times.nth(2).focus();
  await look(second);
  await expect(times).toHaveCount(all.length - 2);
  // What had the focus is there still, and has it.
  await expect(times.first()).toBeFocused();
  await expect(times.first()).toHaveText(all[2] ?? "");

  // Loading it again keeps it; leaving it gives it back.
  await first.reload();
  await expect(kept).toBeVisible();
  await look(second);
  await expect(times).toHaveCount(all.length - 2);
  await first.getByRole("link", { name: "Choose another time" }).click();
  await expect(first.locator("#times").getByRole("link").first()).toHaveText(all[0] ?? "");
  await expect(async () => {
    await look(second);
    await expect(times).toHaveCount(all.length, { timeout: 500 });
  }).toPass();
});

test("the form says when its time is over, and sends it all the same", async ({ newContext }) => {
  const space = await workspace();
  const page = await (await newContext({ locale: "en-US" })).newPage();
  await page.clock.install();
  await openDay(page, space.event.public_url);
  await page.locator("#times").getByRole("link").first().click();
  await expect(page.getByText(/^This time is kept for you for another/)).toBeVisible();
  await page.clock.fastForward("10:05");
  await expect(page.getByRole("status")).toHaveText(/no longer kept for you/);
  await expect(page.getByText(/^This time is kept for you for another/)).toBeHidden();
  await examine(page, "the form whose time is over");
  await page.getByLabel("Name").fill("Late Visitor");
  await page.getByLabel("E-mail").fill("late@e2e.test");
  await page.getByRole("button", { name: "Book", exact: true }).click();
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Your booking is confirmed");
});
