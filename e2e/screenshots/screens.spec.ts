/**
 * A picture of every screen and public page, at two widths: with the demo's data and in an empty workspace, light and
 * dark, with long names, in other languages; of the public pages in each state; and of what opens over the screens.
 */
import type { Page } from "@playwright/test";
import { answer, lend, slots } from "../support/api";
import { DIALOGS, type Dialog, REFUSED } from "../support/dialogs";
import { longWorkspace } from "../support/long";
import { atRest, open, paint, SCHEMES, SIZES } from "../support/look";
import { appScreens, publicPages, type Screen, SIGNED_OUT } from "../support/routes";
import { barePages, inLanguage, managePages, pastManagePages } from "../support/states";
import { test } from "../support/test";
import { book, demoWorkspace, emptyWorkspace, workspace } from "../support/workspace";

type Size = (typeof SIZES)[number];

async function save(page: Page, name: string, size: Size, fullPage = true): Promise<void> {
  await page.evaluate(() => document.fonts.ready);
  await page.screenshot({ path: `results/screens/${name}-${size.width}.png`, fullPage });
}

async function pictures(page: Page, screens: Screen[], folder: string): Promise<void> {
  for (const size of SIZES) {
    for (const screen of screens) {
      await page.setViewportSize(size);
      await open(page, screen);
      // A window as high as the page, so that what sticks to its edges covers nothing.
      const height = await page.evaluate(() => document.documentElement.scrollHeight);
      if (height > size.height) await page.setViewportSize({ ...size, height });
      await atRest(page, screen.path);
      await save(page, `${folder}/${screen.name}`, size);
    }
  }
}

async function opened(page: Page, dialogs: Dialog[]): Promise<void> {
  for (const dialog of dialogs) {
    for (const size of SIZES) {
      await page.setViewportSize(size);
      await open(page, dialog);
      await dialog.show(page);
      for (const colorScheme of SCHEMES) {
        await paint(page, colorScheme);
        await save(page, `dialogs/${dialog.name}-${colorScheme}`, size, false);
      }
    }
  }
}

for (const colorScheme of SCHEMES) {
  test(`full, ${colorScheme}`, async ({ newContext }) => {
    const stage = await demoWorkspace();
    const context = await newContext({ colorScheme });
    const page = await context.newPage();
    await pictures(page, [...SIGNED_OUT, ...(await publicPages(stage))], `full-${colorScheme}`);
    await lend(stage.api, context);
    await pictures(page, await appScreens(stage.api), `full-${colorScheme}`);
  });
}

test("empty", async ({ newContext }) => {
  const context = await newContext();
  const page = await context.newPage();
  await pictures(page, await barePages(), "empty");
  const { api } = await emptyWorkspace("Emma Empty", "Europe/Amsterdam");
  await lend(api, context);
  await pictures(page, await appScreens(api), "empty");
});

test("the public pages in each state and language", async ({ newContext }) => {
  const page = await (await newContext()).newPage();
  const own = await workspace();
  const screens = await publicPages(own);
  const states = [...(await managePages(own)), ...(await pastManagePages())];
  await pictures(page, states, "public");
  for (const tag of ["pt-BR", "nl"]) {
    await pictures(page, inLanguage([...screens, ...(await barePages()), ...states], tag), "public");
  }
  const form = screens.find((screen) => screen.name === "public-book");
  if (!form) throw new Error("no form to book");
  for (const size of SIZES) {
    await page.setViewportSize(size);
    await open(page, form);
    await page.locator("button.primary").click();
    await save(page, "public/public-book-refused", size);
    await page.goto(states[0]?.path ?? "");
    await page.locator("summary").click();
    await save(page, "public/manage-booked-cancelling", size);
  }
});

test("what opens over the screens, and refused forms", async ({ newContext }) => {
  const stage = await demoWorkspace();
  const context = await newContext();
  const page = await context.newPage();
  await opened(page, REFUSED);
  await lend(stage.api, context);
  await opened(page, DIALOGS);
});

test("names of 120 characters", async ({ newContext }) => {
  const long = await longWorkspace();
  const context = await newContext();
  const page = await context.newPage();
  await pictures(page, [...(await publicPages(long)), ...(await managePages(long, long.owner.name))], "long");
  await lend(long.api, context);
  await pictures(page, await appScreens(long.api), "long");
});

for (const locale of ["pt-BR", "nl"]) {
  test(`the app in ${locale}`, async ({ newContext }) => {
    const own = await workspace();
    for (const slot of (await slots(own.api, own.event)).filter((_, i) => i % 5 === 0).slice(0, 12)) {
      await book(own, slot, { name: "Vera Visitor", email: "vera@e2e.test" });
    }
    await answer(own.api.patch("/api/v1/me", { headers: { "If-Match": "*" }, data: { locale } }));
    const context = await newContext();
    await lend(own.api, context);
    await pictures(await context.newPage(), await appScreens(own.api), locale);
  });
}
