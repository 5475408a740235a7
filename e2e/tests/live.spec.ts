/** What happens elsewhere shows up by itself. */
import { expect } from "@playwright/test";
import { lend, slots } from "../support/api";
import { examine } from "../support/look";
import { signedInPage, test } from "../support/test";
import { book, workspace } from "../support/workspace";

test("a booking appears in two browsers that look at the list, without a reload", async ({ newContext }) => {
  const space = await workspace();
  const [slot] = await slots(space.api, space.event);
  if (!slot) throw new Error("no free time");
  const pages = await Promise.all(
    ["first", "second"].map(async () => {
      const context = await newContext({ viewport: { width: 1440, height: 900 } });
      await lend(space.api, context);
      const page = await context.newPage();
      const streaming = page.waitForResponse((response) => response.url().endsWith("/api/v1/events/stream"));
      await page.goto("/bookings");
      await expect(page.getByRole("heading", { name: "No bookings ahead" })).toBeVisible();
      expect((await streaming).status()).toBe(200);
      await page.evaluate(() => Object.assign(window, { unchanged: true }));
      return page;
    }),
  );
  await book(space, slot, { name: "Lia Live", email: "lia@e2e.test" });
  for (const page of pages) {
    await expect(page.getByRole("link", { name: /Lia Live/ })).toBeVisible();
    expect(await page.evaluate(() => "unchanged" in window)).toBe(true);
  }

  // A second tab of the same browser hears it from the first, which alone holds the stream.
  const [page] = pages;
  if (!page) throw new Error("unreachable");
  const tab = await page.context().newPage();
  await tab.goto("/bookings");
  await expect(tab.getByRole("link", { name: /Lia Live/ })).toBeVisible();
  const [, , , later] = await slots(space.api, space.event);
  if (!later) throw new Error("no free time");
  await book(space, later, { name: "Theo Tab", email: "theo@e2e.test" });
  await expect(tab.getByRole("link", { name: /Theo Tab/ })).toBeVisible();
});

test("who is cut off is told so, and told no more once the connection is back", async ({ browser }) => {
  const space = await workspace();
  // Not one that is watched: what is asked for in vain is noted in the console.
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 } });
  const app = await signedInPage(async () => context, space.api);
  await app.goto("/");
  await expect(app.getByRole("heading", { level: 1 })).toBeVisible();
  const banner = app.getByText("You are offline");
  await expect(banner).toHaveCount(0);
  await context.setOffline(true);
  await expect(banner).toBeVisible();
  await examine(app, "cut off");
  await context.setOffline(false);
  await expect(banner).toHaveCount(0);
  await context.close();
});
