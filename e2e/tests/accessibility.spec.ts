/** Every screen with axe, narrow and wide, light and dark, and its main content by keyboard; and what opens over them. */
import { expect, type Page } from "@playwright/test";
import { lend } from "../support/api";
import { DIALOGS, type Dialog, REFUSED } from "../support/dialogs";
import { longWorkspace } from "../support/long";
import { examine, examinePart, fits, open, PHONE } from "../support/look";
import { appScreens, publicPages, type Screen, SIGNED_OUT } from "../support/routes";
import { barePages, inLanguage, managePages } from "../support/states";
import { type NewContext, test } from "../support/test";
import { demoWorkspace, workspace } from "../support/workspace";

test.describe.configure({ timeout: 400_000 });

let space: Awaited<ReturnType<typeof demoWorkspace>>;

test.beforeAll(async () => {
  space = await demoWorkspace();
});

async function still(newContext: NewContext): Promise<Page> {
  return (await newContext({ reducedMotion: "reduce" })).newPage();
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

async function examineAll(page: Page, screens: Screen[]): Promise<void> {
  for (const screen of screens) {
    await page.setViewportSize(PHONE);
    await open(page, screen);
    await examine(page, screen.path);
    await reach(page, screen);
  }
}

async function examineOpened(page: Page, dialogs: Dialog[]): Promise<void> {
  for (const dialog of dialogs) {
    await page.setViewportSize(PHONE);
    await open(page, dialog);
    await dialog.show(page);
    const over = "[role=dialog], [role=menu]";
    await examinePart(page, dialog.name, (await page.locator(over).count()) > 0 ? over : "main");
  }
}

// In two halves, so that two workers share them.
for (const half of [0, 1]) {
  test(`axe finds nothing serious on the app's screens, and the keyboard reaches them, ${half + 1} of 2`, async ({
    newContext,
  }) => {
    const page = await still(newContext);
    await lend(space.api, page.context());
    const screens = await appScreens(space.api);
    await examineAll(
      page,
      screens.filter((_, i) => i % 2 === half),
    );
  });
}

test("axe finds nothing serious in what opens over the app's screens", async ({ newContext }) => {
  const page = await still(newContext);
  await lend(space.api, page.context());
  await examineOpened(page, DIALOGS);
});

test("axe finds nothing serious where nobody is signed in, and the keyboard reaches it", async ({
  newContext,
}) => {
  const page = await still(newContext);
  await examineAll(page, [...SIGNED_OUT, ...(await publicPages(space))]);
  await examineOpened(page, REFUSED);
});

test("axe finds nothing serious on a public page in any state, in Portuguese", async ({ newContext }) => {
  const own = await workspace();
  const page = await still(newContext);
  const pages = await publicPages(own);
  const form = pages.find((screen) => screen.name === "public-book");
  const all = [...pages, ...(await barePages()), ...(await managePages(own))];
  for (const screen of inLanguage(all, "pt-BR")) {
    await page.setViewportSize(PHONE);
    await open(page, screen);
    await examinePart(page, screen.path);
  }
  if (!form) throw new Error("no form to book");
  await open(page, { ...form, path: `${form.path}&lang=pt-BR` });
  await page.locator("button.primary").click();
  await expect(page.locator("#errors")).toBeVisible();
  await examinePart(page, "the form to book, sent off empty", "main");
});

test("names of 120 characters and another language make no screen wider than the window", async ({
  newContext,
}) => {
  const long = await longWorkspace("pt-BR");
  const page = await still(newContext);
  const measure = async (screen: Screen) => {
    await page.setViewportSize(PHONE);
    await open(page, screen);
    await fits(page, `${screen.path} at ${PHONE.width}`);
  };
  const strangers = [...(await publicPages(long)), ...(await managePages(long, long.owner.name))];
  for (const screen of inLanguage(strangers, "nl")) await measure(screen);
  await lend(long.api, page.context());
  for (const screen of await appScreens(long.api)) await measure(screen);
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
