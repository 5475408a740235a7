/** What happens elsewhere shows up by itself. */
import { expect } from "@playwright/test";
import { lend, slots } from "../support/api";
import { test } from "../support/test";
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
