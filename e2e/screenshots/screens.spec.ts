/** A picture of every screen and public page, at two widths, with the demo's data and in an empty workspace. */
import { type BrowserContext, expect } from "@playwright/test";
import { lend } from "../support/api";
import { appScreens, publicPages, type Screen, SIGNED_OUT } from "../support/routes";
import { test } from "../support/test";
import { demoWorkspace, emptyWorkspace } from "../support/workspace";

const SIZES = [
  { width: 390, height: 844 },
  { width: 1440, height: 900 },
];

async function picture(context: BrowserContext, screens: Screen[], folder: string): Promise<void> {
  const page = await context.newPage();
  for (const size of SIZES) {
    await page.setViewportSize(size);
    for (const screen of screens) {
      await page.goto(screen.path);
      await expect(page.getByRole("heading", { level: 1 }).first(), screen.path).toBeVisible();
      await expect(page.locator("[aria-busy=true]")).toHaveCount(0);
      await expect(page.getByRole("status", { name: "Loading" })).toHaveCount(0);
      await page.evaluate(() => document.fonts.ready);
      await page.screenshot({
        path: `results/screens/${folder}/${screen.name}-${size.width}.png`,
        fullPage: true,
      });
    }
  }
  await page.close();
}

for (const colorScheme of ["light", "dark"] as const) {
  test(`full, ${colorScheme}`, async ({ newContext }) => {
    const stage = await demoWorkspace();
    const context = await newContext({ colorScheme });
    await picture(context, [...SIGNED_OUT, ...(await publicPages(stage))], `full-${colorScheme}`);
    await lend(stage.api, context);
    await picture(context, await appScreens(stage.api), `full-${colorScheme}`);
  });
}

test("empty", async ({ newContext }) => {
  const context = await newContext();
  const { api } = await emptyWorkspace("Emma Empty", "Europe/Amsterdam");
  await lend(api, context);
  await picture(context, await appScreens(api), "empty");
});
