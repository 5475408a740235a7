/** Every screen with axe, narrow and wide, light and dark; and its main content by keyboard. */
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { type BrowserContext, expect, type Page } from "@playwright/test";
import type { AxeResults } from "axe-core";
import { lend } from "../support/api";
import { appScreens, publicPages, type Screen, SIGNED_OUT } from "../support/routes";
import { test } from "../support/test";
import { demoWorkspace } from "../support/workspace";

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const SIZES = [
  { width: 390, height: 844 },
  { width: 1440, height: 900 },
];

test.describe.configure({ timeout: 400_000 });

let space: Awaited<ReturnType<typeof demoWorkspace>>;

test.beforeAll(async () => {
  space = await demoWorkspace();
});

/** What axe finds serious or worse, one line each. */
async function serious(page: Page): Promise<string[]> {
  await page.evaluate(axe);
  const results = await page.evaluate(async () => {
    const { axe } = window as unknown as { axe: { run(): Promise<AxeResults> } };
    return (await axe.run()).violations;
  });
  return results
    .filter((found) => found.impact === "serious" || found.impact === "critical")
    .flatMap((found) =>
      found.nodes.map((node) => `${found.id}: ${node.target.join(" ")}: ${node.html.slice(0, 160)}`),
    );
}

/** Opens the screen and waits until its content stands. */
async function open(page: Page, screen: Screen): Promise<void> {
  await page.goto(screen.path);
  await expect(page.getByRole("heading", { level: 1 }).first(), screen.path).toBeVisible();
  await expect(page.locator("[aria-busy=true]")).toHaveCount(0);
  await expect(page.getByRole("status", { name: "Loading" })).toHaveCount(0);
}

async function examine(context: BrowserContext, screens: Screen[]): Promise<void> {
  const page = await context.newPage();
  for (const screen of screens) {
    for (const size of SIZES) {
      await page.setViewportSize(size);
      await open(page, screen);
      expect.soft(await serious(page), `${screen.path} at ${size.width}`).toEqual([]);
      const wide = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
      expect.soft(wide, `${screen.path} at ${size.width} scrolls sideways`).toBeLessThanOrEqual(0);
    }
  }
}

for (const colorScheme of ["light", "dark"] as const) {
  test(`axe finds nothing serious on the app's screens, ${colorScheme}`, async ({ newContext }) => {
    const context = await newContext({ colorScheme, reducedMotion: "reduce" });
    await lend(space.api, context);
    await examine(context, await appScreens(space.api));
  });

  test(`axe finds nothing serious where nobody is signed in, ${colorScheme}`, async ({ newContext }) => {
    const context = await newContext({ colorScheme, reducedMotion: "reduce" });
    await examine(context, [...SIGNED_OUT, ...(await publicPages(space))]);
  });
}

/** Whether the keyboard's focus is in the main content, or is it. */
function inMain(page: Page): Promise<boolean> {
  return page.evaluate(() => {
    const main = document.querySelector("main");
    return Boolean(main && document.activeElement && main.contains(document.activeElement));
  });
}

/** Follows the skip link where there is one, else tabs on; the content must come within a few steps. */
async function reach(page: Page, screen: Screen): Promise<void> {
  await open(page, screen);
  await page.evaluate(() => {
    (document.activeElement as HTMLElement | null)?.blur();
    getSelection()?.removeAllRanges();
  });
  const skip = page.getByRole("link", { name: "Skip to content" });
  if ((await skip.count()) > 0) {
    await skip.focus();
    await expect(skip, `${screen.path}: the skip link shows when it has the focus`).toBeInViewport();
    await page.keyboard.press("Enter");
  }
  for (let steps = 0; steps < 8 && !(await inMain(page)); steps += 1) await page.keyboard.press("Tab");
  expect.soft(await inMain(page), `${screen.path}: the keyboard reaches the main content`).toBe(true);
}

test("the keyboard reaches the main content of every screen", async ({ newContext }) => {
  const context = await newContext({ viewport: { width: 1440, height: 900 } });
  await lend(space.api, context);
  const page = await context.newPage();
  for (const screen of await appScreens(space.api)) await reach(page, screen);
  const stranger = await (await newContext()).newPage();
  for (const screen of [...SIGNED_OUT, ...(await publicPages(space))]) await reach(stranger, screen);
});

test("a booking is opened and left by keyboard alone", async ({ newContext }) => {
  const context = await newContext({ viewport: { width: 1440, height: 900 } });
  await lend(space.api, context);
  const page = await context.newPage();
  await open(page, { name: "bookings", path: "/bookings" });
  await expect(page.locator("[data-row]").first()).toBeVisible();
  await page.keyboard.press("j");
  await page.keyboard.press("Enter");
  await expect(page).toHaveURL(/open=/);
  await page.keyboard.press("Escape");
  await expect(page).not.toHaveURL(/open=/);
  await page.keyboard.press("Control+k");
  await expect(
    page.getByRole("dialog").getByRole("combobox").or(page.getByRole("dialog").getByRole("textbox")),
  ).toBeFocused();
});
