/** A screen at rest, and what axe and the ruler say of it. */
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { expect, type Page } from "@playwright/test";
import type { AxeResults, RunOptions } from "axe-core";
import type { Screen } from "./routes";

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

export const PHONE = { width: 390, height: 844 };
export const SIZES = [PHONE, { width: 1440, height: 900 }];
export const SCHEMES = ["light", "dark"] as const;
/** What a second look in other colours asks of axe: no other rule of its reads colours. */
const rulesIn = (scheme: (typeof SCHEMES)[number]) =>
  scheme === "dark" ? ["color-contrast", "link-in-text-block"] : undefined;

/** Waits until the content stands and nothing is on its way. */
export async function atRest(page: Page, what: string): Promise<void> {
  await expect(page.getByRole("heading", { level: 1 }).first(), what).toBeVisible();
  await expect(page.locator("[aria-busy=true]"), what).toHaveCount(0);
  await expect(page.getByRole("status", { name: "Loading" }), what).toHaveCount(0);
}

export async function open(page: Page, screen: Screen): Promise<void> {
  await page.goto(screen.path);
  await atRest(page, screen.path);
}

/** What axe finds serious or worse in the page or in a part of it, one line each; by some of its rules, or all. */
export async function serious(page: Page, part?: string, rules?: readonly string[]): Promise<string[]> {
  if (!(await page.evaluate(() => "axe" in window))) await page.evaluate(axe);
  const results = await page.evaluate(
    async ({ part, rules }) => {
      const { axe } = window as unknown as {
        axe: { run(within: Document | string, options: RunOptions): Promise<AxeResults> };
      };
      return (await axe.run(part ?? document, rules ? { runOnly: [...rules] } : {})).violations;
    },
    { part, rules },
  );
  return results
    .filter((found) => found.impact === "serious" || found.impact === "critical")
    .flatMap((found) =>
      found.nodes.map((node) => `${found.id}: ${node.target.join(" ")}: ${node.html.slice(0, 160)}`),
    );
}

/** Nothing of the page stands beside the window. */
export async function fits(page: Page, what: string): Promise<void> {
  const beside = () =>
    page.evaluate(() => Math.max(0, document.documentElement.scrollWidth - window.innerWidth));
  // The frame follows the window's width a moment later.
  await expect
    .configure({ soft: true })
    .poll(beside, { message: `${what} scrolls sideways`, timeout: 5000 })
    .toBe(0);
}

/** Changes the scheme, and waits until the app has painted it. */
export async function paint(page: Page, colorScheme: (typeof SCHEMES)[number]): Promise<void> {
  await page.emulateMedia({ colorScheme });
  await page.waitForFunction((scheme) => {
    const app = document.documentElement.dataset.mantineColorScheme;
    return app === undefined || app === scheme;
  }, colorScheme);
  await page.evaluate(async () => {
    await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
    // Colours on their way from one scheme to the other have the contrast of neither.
    const transitions = document.getAnimations().filter((animation) => animation instanceof CSSTransition);
    await Promise.allSettled(transitions.map((transition) => transition.finished));
  });
}

/** Nothing serious and nothing sideways, narrow and wide, light and dark, in what the page shows now. */
export async function examine(page: Page, what: string): Promise<void> {
  for (const size of SIZES) {
    await page.setViewportSize(size);
    await atRest(page, what);
    await fits(page, `${what} at ${size.width}`);
    for (const colorScheme of SCHEMES) {
      await paint(page, colorScheme);
      expect
        .soft(
          await serious(page, undefined, rulesIn(colorScheme)),
          `${what} at ${size.width}, ${colorScheme}`,
        )
        .toEqual([]);
    }
  }
}

/** The same with less work, or of a part: what axe reads of a page or of what stands over it is alike at any width. */
export async function examinePart(page: Page, what: string, part?: string): Promise<void> {
  for (const colorScheme of SCHEMES) {
    await paint(page, colorScheme);
    expect.soft(await serious(page, part, rulesIn(colorScheme)), `${what}, ${colorScheme}`).toEqual([]);
  }
  for (const size of SIZES) {
    await page.setViewportSize(size);
    await fits(page, `${what} at ${size.width}`);
  }
}
